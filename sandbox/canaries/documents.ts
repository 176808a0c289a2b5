/** What the emulated clouds keep where it can be read: all of their documents, without the fields that are made for secrets. */
import { channel } from "node:diagnostics_channel";
import { gunzipSync } from "node:zlib";
import type { InstanceRecord } from "../aws/ec2/instanceRecord.ts";
import type { ParameterRecord } from "../aws/ssm/parameterRecord.ts";
import type { Token } from "../cloudflare/tokens.ts";
import type { Tunnel } from "../cloudflare/tunnels.ts";
import type { HostReport } from "../hosts/hostReport.ts";
import type { HostSnapshot } from "../hosts/hostSnapshot.ts";

interface StoredDocument {
  collection: string;
  document: unknown;
}

const stored = channel("tenant-edge:sandbox:document");

export function noteDocument(collection: string, document: unknown): void {
  if (stored.hasSubscribers) stored.publish({ collection, document } satisfies StoredDocument);
}

/** @param listener gets each text that can be read in a document. @returns the function that ends it. */
export function onOpenText(listener: (place: string, text: string) => void): () => void {
  const subscriber = (message: unknown) => {
    const { collection, document } = message as StoredDocument;
    const read = READERS[collection];
    const texts = read === undefined ? [JSON.stringify(document)] : read(document as never);
    for (const text of texts) listener(PLACES[collection] ?? collection, text);
  };
  stored.subscribe(subscriber);
  return () => void stored.unsubscribe(subscriber);
}

const PLACES: Readonly<Record<string, string>> = {
  "aws.ec2.instances": "an instance and its user data",
  hosts: "the journal of a host",
};

const READERS: Readonly<Record<string, (document: never) => string[]>> = {
  "cloudflare.tunnels": ({ secret: _, ...open }: Tunnel) => [JSON.stringify(open)],
  "cloudflare.tokens": ({ valueHash: _, ...open }: Token) => [JSON.stringify(open)],
  "aws.ssm.parameters": ({ versions, ...open }: ParameterRecord) => [
    JSON.stringify(open.type === "SecureString" ? open : { ...open, versions }),
  ],
  "aws.ec2.instances": (instance: InstanceRecord) => [
    JSON.stringify(instance),
    userDataText(instance.userData),
    userDataText(instance.firstBootUserData),
  ],
  // A host's disk holds what the host was given.
  hosts: ({ snapshot, report }: { snapshot: HostSnapshot; report: HostReport }) => [
    ...snapshot.journal,
    JSON.stringify(report),
  ],
};

const GZIP = Buffer.from([0x1f, 0x8b]);

function userDataText(base64: string | undefined): string {
  const bytes = Buffer.from(base64 ?? "", "base64");
  return (bytes.subarray(0, GZIP.length).equals(GZIP) ? gunzipSync(bytes) : bytes).toString("utf8");
}
