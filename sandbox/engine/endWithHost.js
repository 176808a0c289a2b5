/** Loaded into each program: ends it when the language host that started it has ended, also when that was killed. */
const { stdin } = process;

// The host holds the other end of this pipe and never writes to it.
stdin.on("end", () => process.exit(1));
stdin.resume();
stdin.unref?.();
