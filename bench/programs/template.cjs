/** Makes values of recorded templates: each waits for the outputs that it refers to. */
const { createHash } = require("node:crypto");
const { all, output, secret } = require("@pulumi/pulumi");

/** @param resources those that are registered so far, by their positions in the record. */
function fill(template, resources) {
  if (Array.isArray(template)) return template.map((each) => fill(each, resources));
  if (typeof template !== "object" || template === null) return template;
  switch (template.$) {
    case "of": {
      const value = resources[template.index][template.property];
      if (template.sha256 === undefined) return value;
      return value.apply((known) => createHash("sha256").update(known).digest(template.sha256));
    }
    case "text":
      return all(template.parts.map((part) => fill(part, resources))).apply((parts) => parts.join(""));
    case "base64":
      return output(fill(template.value, resources)).apply((text) => Buffer.from(text).toString("base64"));
    case "secret":
      return secret(fill(template.value, resources));
    default:
      return Object.fromEntries(Object.entries(template).map(([key, each]) => [key, fill(each, resources)]));
  }
}

/** The options of a recorded resource. */
function optionsOf({ options, parent, dependencies, deletedWith }, resources) {
  return {
    ...options,
    ...(parent === undefined ? {} : { parent: resources[parent] }),
    ...(deletedWith === undefined ? {} : { deletedWith: resources[deletedWith] }),
    dependsOn: dependencies.map((position) => resources[position]),
  };
}

module.exports = { optionsOf, fill };
