import type { Writable } from "node:stream";
import type { AuditRecord, AuditSink } from "./audit.ts";
import { checkRecord } from "./checkRecord.ts";

/** Records as JSON lines on a stream, for what collects the output of containers. */
export class StreamAuditSink implements AuditSink {
  readonly location: string;
  readonly #stream: Writable;

  constructor(location: string, stream: Writable) {
    this.location = location;
    this.#stream = stream;
  }

  async append(record: AuditRecord): Promise<void> {
    const line = `${JSON.stringify(checkRecord(record))}\n`;
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(line, (error) => (error ? reject(error) : resolve()));
    });
  }
}
