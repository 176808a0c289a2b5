/** A process of its own that spends calls of a token and prints when each was allowed. Arguments: limit as JSON, how many. */
import { sharedBudget } from "../../clients/sharedBudget.ts";

const [limit = "", calls = ""] = process.argv.slice(2);
const budget = sharedBudget("the-token", JSON.parse(limit), process.env);
const times: number[] = [];
for (let call = 0; call < Number(calls); call += 1) {
  await budget.spend();
  times.push(Date.now());
}
process.stdout.write(JSON.stringify({ times, problem: budget.problem }));
