/** What the engine says of a state that another process was writing when it was read. */
export const HALF_WRITTEN = /failed to load checkpoint|unexpected end of JSON input|\bEOF\b/;
