/** A process that adds one to a number, as often as told: `increment.ts <location> <times>`. */
import { updateDocument } from "../../storage/documentStore.ts";
import { openDocumentStore } from "../../storage/openDocumentStore.ts";

const [, , location = "", times = ""] = process.argv;
const store = await openDocumentStore(location, {});
for (let n = 0; n < Number(times); n += 1) {
  await updateDocument(store, "count", (text) => `${Number(text ?? 0) + 1}`);
}
