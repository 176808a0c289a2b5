import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseCloudConfig } from "../../../sandbox/hosts/cloudConfig.ts";

function oneFile(lines: string): string {
  return `#cloud-config\nwrite_files:\n  - path: /etc/app\n${lines.replaceAll(/^/gm, "    ")}\n`;
}

describe("a cloud-config", () => {
  it.each([
    ["content: hello", "hello"],
    ["encoding: b64\ncontent: aGVsbG8=", "hello"],
    [`encoding: gz+b64\ncontent: ${gzipSync("hello").toString("base64")}`, "hello"],
    [`encoding: gzip\ncontent: !!binary ${gzipSync("hello").toString("base64")}`, "hello"],
    ["append: true", ""],
  ])("decodes a file with %j", (lines, content) => {
    expect(parseCloudConfig(oneFile(lines)).files[0]?.content.toString()).toBe(content);
  });

  it("reads permissions as cloud-init does, quoted or as YAML 1.1's octal number", () => {
    expect(parseCloudConfig(oneFile('permissions: "0755"')).files[0]?.mode).toBe(0o755);
    expect(parseCloudConfig(oneFile("permissions: 0755")).files[0]?.mode).toBe(0o755);
    expect(parseCloudConfig(oneFile("owner: app")).files[0]).toMatchObject({
      mode: 0o644,
      owner: "app",
      group: "app",
    });
  });

  it("has the image's user unless it says otherwise", () => {
    expect(parseCloudConfig("#cloud-config\n{}").users).toEqual([{ name: "default" }]);
    const users = "users: [default, {name: app, system: true, primary_group: apps}]";
    expect(parseCloudConfig(`#cloud-config\ngroups: [apps, {more: [a, b]}]\n${users}`)).toMatchObject({
      groups: ["apps", "more"],
      users: [{ name: "default" }, { name: "app", primaryGroup: "apps" }],
    });
  });

  it("may use modules whose work the sandbox does not show, and says so", () => {
    expect(parseCloudConfig("#cloud-config\npackages: [git]\ntimezone: UTC").unseen).toEqual([
      "packages",
      "timezone",
    ]);
  });

  it.each([
    ["#!/bin/sh\necho hello", "first line must be #cloud-config"],
    ["", "first line must be #cloud-config"],
    ["#cloud-config\nusers: default", "users"],
    ["#cloud-config\nruncmd:\n  - [1, {}]\n  - {}", "runcmd"],
    ["#cloud-config\nruncmd: []\nruncmd: []", "Map keys must be unique"],
    ["#cloud-config\nboot_cmd: []\nruncmd: []", "no cloud-init module for boot_cmd"],
    [oneFile("encoding: rot13"), "unknown encoding rot13"],
    [oneFile("encoding: b64\ncontent: not-base64"), "not base64"],
    [oneFile("encoding: gz+b64\ncontent: aGVsbG8="), "/etc/app: incorrect header check"],
    [oneFile('permissions: "rwx"'), "octal"],
    [oneFile("owner: a:b:c"), "user or user:group"],
    ["#cloud-config\nwrite_files: [{path: etc/app}]", "must be absolute"],
  ])("is refused: %j", (text, problem) => expect(() => parseCloudConfig(text)).toThrow(problem));
});
