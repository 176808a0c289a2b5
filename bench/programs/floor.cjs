/** The floor: recorded registrations, one after the other, with the SDK's plain classes and nothing else. */
const { readFileSync } = require("node:fs");
const { ComponentResource, Config, CustomResource } = require("@pulumi/pulumi");
const { optionsOf, fill } = require("./template.cjs");

class Component extends ComponentResource {
  finish(outputs) {
    this.registerOutputs(outputs);
  }
}

const registrations = JSON.parse(readFileSync(new Config("bench").require("registrations"), "utf8"));
const resources = [];
for (const registration of registrations) {
  const { type, name, custom, inputs, reads } = registration;
  const options = optionsOf(registration, resources);
  const unset = Object.fromEntries(reads.map((property) => [property, undefined]));
  resources.push(
    custom
      ? new CustomResource(type, name, { ...unset, ...fill(inputs, resources) }, options)
      : new Component(type, name, {}, { parent: options.parent }),
  );
}
for (const [position, { custom, outputs }] of registrations.entries()) {
  if (!custom) resources[position].finish(fill(outputs, resources));
}
