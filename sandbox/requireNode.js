/** Loaded before every command: says what is wrong where Node is too old to run TypeScript by itself. */
const OLDEST = [22, 18];

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `Node ${process.versions.node} is too old: this project needs ${OLDEST.join(".")} or newer.\n` +
      "On Linux and Windows `npm ci` brings one along, unless it was told to leave optional dependencies out;\n" +
      "on macOS install Node 24 yourself: https://nodejs.org\n",
  );
  process.exit(1);
}
