/**
 * Packs the scripts of `host/files/` into `host/packedScripts.json`, compressed as cloud-init unpacks them.
 *
 * Packed once and kept, because zlib makes other bytes on other processors and in other versions: user data that was
 * compressed anew on each machine would replace every host. A script whose text has not changed keeps its bytes.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { withoutComments } from "../host/scriptText.ts";

const FOLDER = new URL("../host/files/", import.meta.url);
const TARGET = new URL("../host/packedScripts.json", import.meta.url);

function readPacked(): Record<string, string> {
  try {
    return JSON.parse(readFileSync(TARGET, "utf8")) as Record<string, string>;
  } catch {
    return {};
  }
}

const before = readPacked();
const packed = readdirSync(FOLDER)
  .sort()
  .map((file): [string, string] => {
    const text = withoutComments(readFileSync(new URL(file, FOLDER), "utf8"));
    const name = file === "state.sh" ? file : file.replace(/\.sh$/, "");
    const old = before[name];
    if (old !== undefined && gunzipSync(Buffer.from(old, "base64")).toString() === text) return [name, old];
    return [name, gzipSync(text, { level: 9 }).toString("base64")];
  });
writeFileSync(TARGET, `${JSON.stringify(Object.fromEntries(packed), null, 2)}\n`);
