/** Whether a URL of a backend or a repository has a secret in it: a manifest has to do without. A pure function. */

/**
 * What stands before the @ is a password, or a token. Not by a parser: a password with a slash or a question mark in it
 * makes another URL of it, or none.
 */
const CREDENTIALS = /^[a-z][a-z0-9+.-]*:\/\/[^@:]*:[^@]*@|^https?:\/\/[^/@]+@/i;
/** Names of settings, as storages, databases and signed URLs call them: `password`, `sig`, `X-Amz-Signature`, `accessKey`. */
const SECRET_SETTING =
  /pass|pwd|secret|token|credential|signature|^sig$|^sas$|(?:access|account|api|shared|private)[_-]?key(?![_-]?(?:id|path)$)/i;

export function hasSecret(url: string): boolean {
  if (CREDENTIALS.test(url)) return true;
  const [, ...settings] = url.split(/[?#]/);
  return [...new URLSearchParams(settings.join("&")).keys()].some((name) => SECRET_SETTING.test(name));
}
