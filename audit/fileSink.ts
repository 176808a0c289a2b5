/** Records as JSON lines in a file. */
import { createReadStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import {
  AuditError,
  type AuditFilter,
  type AuditRecord,
  type AuditSink,
  auditRecordSchema,
} from "./audit.ts";
import { checkRecord } from "./checkRecord.ts";

/** Several processes may write to one file on a local disk: each record is one write at the end of it. */
export class FileAuditSink implements AuditSink {
  readonly location: string;

  /** @param path made with its folder, readable by this user alone, when it is missing. */
  constructor(path: string) {
    this.location = path;
  }

  async append(record: AuditRecord): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(checkRecord(record))}\n`);
    try {
      await mkdir(dirname(this.location), { recursive: true, mode: 0o700 });
      const file = await open(this.location, "a", 0o600);
      try {
        const { bytesWritten } = await file.write(line);
        if (bytesWritten !== line.length) throw new Error("only a part of it was written");
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new AuditError(`${this.location}: the audit record could not be written (${code ?? message}).`, {
        cause: error,
      });
    }
  }

  async read({ tenant, limit }: AuditFilter): Promise<AuditRecord[]> {
    const newest: AuditRecord[] = [];
    try {
      const input = createReadStream(this.location, "utf8");
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
        const record = parseRecord(line);
        if (record === undefined || (tenant !== undefined && !record.tenants.includes(tenant))) continue;
        newest.push(record);
        if (newest.length > limit) newest.shift();
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return [];
      throw new AuditError(`${this.location}: the audit records could not be read (${code}).`, {
        cause: error,
      });
    }
    return newest.reverse();
  }
}

/** Undefined for what is no record: a line that a full disk has cut. */
export function parseRecord(text: string): AuditRecord | undefined {
  try {
    return auditRecordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
