/** What may stand in the texts that are written into a host's unit and environment files. */

export interface TextRule {
  pattern: RegExp;
  /** The same in words. */
  allowed: string;
}

export const MIRROR_URL: TextRule = {
  pattern: /^https:\/\/[^\s"\\$`@/?#]+(?:\/[^\s"\\$`?#/]+)*$/,
  allowed: "an https URL without credentials, parameters and a slash at its end",
};

export const VARIABLE_NAME: TextRule = {
  pattern: /^[A-Z_][A-Z0-9_]*$/,
  allowed: "capital letters, digits and underscores",
};

export const VARIABLE_VALUE: TextRule = {
  pattern: /^[^\n\r"\\$`]*$/,
  allowed: 'one line without ", \\, $ or `',
};

export const CONTAINER_IMAGE: TextRule = {
  pattern: /^[a-z0-9][a-z0-9.:/_-]*(?::[\w.-]+|@sha256:[0-9a-f]{64})$/,
  allowed: "an image with a tag or, better, a digest: ghcr.io/acme/app@sha256:…",
};

export const UNIT_NAME: TextRule = {
  pattern: /^[A-Za-z0-9][\w.@-]*\.service$/,
  allowed: "the name of a service unit, for example my-app.service",
};
