import { XMLBuilder } from "fast-xml-parser";

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@" });

/** A refusal of the S3 side: becomes an XML document with this code. */
export class S3Error extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.name = "S3Error";
    this.code = code;
    this.status = status;
  }

  toResponse(): Response {
    return xmlResponse("Error", { Code: this.code, Message: this.message }, this.status, false);
  }
}

/** An answer with one XML element; answers that are no errors carry the namespace of S3. */
export function xmlResponse(element: string, content: object, status = 200, namespaced = true): Response {
  const attributes = namespaced ? { "@xmlns": "http://s3.amazonaws.com/doc/2006-03-01/" } : {};
  const xml = builder.build({ [element]: { ...attributes, ...content } });
  return new Response(`<?xml version="1.0" encoding="UTF-8"?>${xml}`, {
    status,
    headers: { "content-type": "application/xml" },
  });
}
