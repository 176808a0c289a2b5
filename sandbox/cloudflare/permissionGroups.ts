/**
 * The permission groups that policies of tokens name. Ids of the groups that this product meets are Cloudflare's
 * own, which are the same in every account.
 */
export const Scope = {
  account: "com.cloudflare.api.account",
  zone: "com.cloudflare.api.account.zone",
  bucket: "com.cloudflare.edge.r2.bucket",
} as const;
export type Scope = (typeof Scope)[keyof typeof Scope];

export interface PermissionGroup {
  id: string;
  name: string;
  scopes: Scope[];
}

function groups(scope: Scope, names: Record<string, string>): PermissionGroup[] {
  return Object.entries(names).map(([name, id]) => ({ id, name, scopes: [scope] }));
}

export const PERMISSION_GROUPS: readonly PermissionGroup[] = [
  ...groups(Scope.account, {
    "Access: Apps and Policies Read": "7ea222f6d5064cfa89ea366d7c1fee89",
    "Access: Apps and Policies Write": "1e13c5124ca64b72b1969a67e8829049",
    "Access: Service Tokens Write": "a1c0fec57cf94af79479a6d827fa518c",
    "Account Analytics Read": "b89a480218d04ceb98b4fe57ca29dc1f",
    "Account API Tokens Read": "eb56a6953c034b9d97dd838155666f06",
    "Account API Tokens Write": "5bc3f8b21c554832afc660159ab75fa4",
    "Account Settings Read": "c1fde68c7bcc44588cbb6ddbc16d6480",
    "Account Settings Write": "1af1fa2adc104452b74a9a3364202f20",
    "Cloudflare One Connectors Write": "a7030c9c98d544e092d8b099fabb1f06",
    "Cloudflare Tunnel Read": "efea2ab8357b47888938f101ae5e053f",
    "Cloudflare Tunnel Write": "c07321b023e944ff818fec44d8203567",
    "Notifications Write": "c3c847c5802d4ce3ba00e3e97b3c8555",
    "Pages Write": "8d28297797f24fb8a0c332fe0866ec89",
    "Secrets Store Write": "adc8fa2bc6124928a8b3314dc63a1235",
    "Workers KV Storage Write": "f7f0eda5697f475c90846e879bab8666",
    "Workers R2 Storage Read": "b4992e1108244f5d8bfbd5744320c2e1",
    "Workers R2 Storage Write": "bf7481a1826f439697cb59a20b22293e",
    "Workers Scripts Read": "1a71c399035b4950a1bd1466bbe4f420",
    "Workers Scripts Write": "e086da7e2179491d91ee5f35b3ca210a",
  }),
  ...groups(Scope.zone, {
    "Analytics Read": "9c88f9c5bce24ce7af9a958ba9c504db",
    "DNS Read": "82e64a83756745bbbb1c9c2701bf816b",
    "DNS Write": "4755a26eedb94da69e1066d98aa820be",
    "SSL and Certificates Write": "c03055bc037c4ea9afb9a9f104b7b721",
    "Workers Routes Write": "28f4b596e7d643029c524985477ae49a",
    "Zone Read": "c8fed203ed3043cba015a93ad1616f1f",
    "Zone Write": "e6d2666161e84845a636613608cee8d5",
  }),
  ...groups(Scope.bucket, {
    "Workers R2 Storage Bucket Item Read": "6a018a9f2fc74eb6b293b0c548f38b39",
    "Workers R2 Storage Bucket Item Write": "2efd5506f9c8494dacb1fa10a3e7d5b6",
  }),
];

const BY_ID = new Map(PERMISSION_GROUPS.map((group) => [group.id, group]));
const BY_NAME = new Map(PERMISSION_GROUPS.map((group) => [group.name, group]));

export function permissionGroup(id: string): PermissionGroup | undefined {
  return BY_ID.get(id);
}

/** Throws when there is no group of this name: names come from code. */
export function permissionGroupByName(name: string): PermissionGroup {
  const group = BY_NAME.get(name);
  if (group === undefined) throw new Error(`no permission group ${name}`);
  return group;
}

export const Level = { read: "Read", write: "Write" } as const;
export type Level = (typeof Level)[keyof typeof Level];

/** Names of the groups that grant `level` of a family ("DNS", "Cloudflare Tunnel"): writing includes reading. */
export function groupsGranting(family: string, level: Level): string[] {
  return level === Level.write ? [`${family} Write`] : [`${family} Read`, `${family} Write`];
}
