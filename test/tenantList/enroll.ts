/** A process that puts tenants on a list, one after the other: `enroll.ts <directory> <name> <count>`. */
import { openTenantList } from "../../tenantList/openTenantList.ts";

const [, , directory = "", name = "", count = ""] = process.argv;
const list = await openTenantList({ directory, stack: "prod", env: {} });
for (let n = 0; n < Number(count); n += 1)
  await list.change((document) => document.put({ id: `${name}${n}` }));
