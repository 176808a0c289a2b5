/** Records as JSON lines in a file. */
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { fullDiskAdvice } from "../storage/fullDisk.ts";
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
    const text = `${JSON.stringify(checkRecord(record))}\n`;
    try {
      await mkdir(dirname(this.location), { recursive: true, mode: 0o700 });
      const file = await open(this.location, "a+", 0o600);
      try {
        const line = Buffer.from((await endsInLine(file)) ? text : `\n${text}`);
        const { bytesWritten } = await file.write(line);
        if (bytesWritten !== line.length) throw new CutRecordError();
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const text = `${this.location}: the audit record could not be written (${code ?? message}).${fullDiskAdvice(code)}`;
      throw new AuditError(text, { cause: error });
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

/** There was room for a part of the record only. */
class CutRecordError extends Error {
  readonly code = "ENOSPC";
}

/** False when the last record was cut, by a full disk or a kill: the next one begins on a line of its own. */
async function endsInLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() === "\n";
}

/** Undefined for what is no record: a line that a full disk has cut. */
export function parseRecord(text: string): AuditRecord | undefined {
  try {
    return auditRecordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
