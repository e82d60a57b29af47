// Evaluates FEEL with @bpmn-io/feelin for `amtsweg bench feel`. First line in: {expressions, context}; first line out:
// their values. Then each line in is "index times", and each line out the nanoseconds that took.
import { createInterface } from "node:readline";
import { evaluate } from "@bpmn-io/feelin";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { expressions, context } = JSON.parse((await lines.next()).value);
console.log(JSON.stringify(expressions.map((expression) => evaluate(expression, context).value)));

for await (const line of lines) {
  const [index, times] = line.split(" ").map(Number);
  const expression = expressions[index];
  const began = process.hrtime.bigint();
  for (let count = 0; count < times; count++) evaluate(expression, context);
  console.log(String(process.hrtime.bigint() - began));
}
