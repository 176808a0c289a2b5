import { XMLBuilder } from "fast-xml-parser";

const builder = new XMLBuilder({ ignoreAttributes: false, suppressEmptyNode: false });

/** An XML document. Properties that begin with `@_` are attributes; arrays repeat their element. */
export function toXml(document: object): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(document)}`;
}
