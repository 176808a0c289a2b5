/** `host` of a tenant, and `tenant-edge:hostDefaults`. */
import { z } from "zod";
import { ConnectorProtocol, EdgeIpVersion, EdgeRegion } from "../host/choices.ts";
import {
  DEFAULT_CONNECTOR,
  DEFAULT_CONTAINER_PORT,
  DEFAULT_INSTANCE_TYPE,
  DEFAULT_POLL_SECONDS,
  DEFAULT_REPLACEMENT_TIMEOUT_SECONDS,
  DEFAULT_ROOT_VOLUME_GIB,
} from "../host/defaults.ts";
import { CONTAINER_IMAGE, MIRROR_URL, UNIT_NAME, VARIABLE_NAME, VARIABLE_VALUE } from "../host/texts.ts";
import { REPLICA_LIMIT } from "../network/placement.ts";
import { text, wholeNumber } from "./fields.ts";

const hostShape = {
  imageId: text(/^ami-[0-9a-f]{8,17}$/, "an image id, ami-…").describe(
    "Amazon Linux 2023 image of the instance type's architecture in this region. Pinned here so that no host is replaced because a new image was published; `npm run images` prints the newest.",
  ),
  instanceType: text(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, "an EC2 instance type, for example t4g.micro").describe(
    "EC2 instance type. Default t4g.micro (arm64), 6.72 USD a month in eu-west-1.",
  ),
  rootVolumeGiB: wholeNumber(8, 16_384).describe(
    "Size of the encrypted root volume in GiB. A change replaces the host. Default 8.",
  ),
  replicas: wholeNumber(1, REPLICA_LIMIT).describe(
    "Hosts of the tenant, in different subnets while there are enough; each costs as much as the first. Default 1.",
  ),
  cloudflaredMirror: text(MIRROR_URL.pattern, MIRROR_URL.allowed)
    .max(200)
    .describe(
      "Base URL of a mirror that has cloudflared as <version>/cloudflared-linux-<architecture>; an image that carries it downloads nothing. Default: the releases on GitHub.",
    ),
  protocol: z
    .enum(ConnectorProtocol)
    .describe("How connectors speak to Cloudflare; auto tries QUIC and falls back to HTTP/2. Default auto."),
  edgeIpVersion: z
    // YAML takes an unquoted 4 for a number.
    .union([z.enum(EdgeIpVersion), z.literal([4, 6])], { error: "4, 6 or auto" })
    .transform((value) => z.enum(EdgeIpVersion).parse(String(value)))
    .describe(
      "IP version of the connections to Cloudflare. Default 4: the subnets that we make have no IPv6.",
    ),
  edgeRegion: z
    .enum(EdgeRegion)
    .describe("us: connect to data centers of the United States alone. Default global."),
  pollSeconds: wholeNumber(10, 3600).describe(
    "Seconds between two looks of a host at the versions of its parameters, plus a quarter at random. Default 60.",
  ),
  sessionManager: z
    .boolean()
    .describe(
      "true: people can open a shell through AWS Systems Manager Session Manager, without an open port. Default false.",
    ),
  replacementTimeoutSeconds: wholeNumber(0, 7200).describe(
    "How long a host that is replaced is kept at most until the new one is connected; after it the update fails and the old host stays. 0: never wait. Default 900.",
  ),
};

const containerSchema = z.strictObject({
  image: text(CONTAINER_IMAGE.pattern, CONTAINER_IMAGE.allowed)
    .max(255)
    .describe("Container image from a registry that needs no login; a tag may move, a digest cannot."),
  port: wholeNumber(1, 65_535)
    .default(DEFAULT_CONTAINER_PORT)
    .describe("Port in the container, published as the same port of the host's loopback interface."),
});

const appSchema = z.strictObject({
  container: containerSchema
    .optional()
    .describe("Run this container with Docker, which is installed when the image has none."),
  unit: text(UNIT_NAME.pattern, UNIT_NAME.allowed)
    .max(100)
    .optional()
    .describe("Start this systemd unit of the image, with the app's variables in its environment."),
});

export const tenantHostSchema = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe("false: the customer runs cloudflared on a machine of their own."),
  imageId: hostShape.imageId.optional(),
  instanceType: hostShape.instanceType.optional(),
  rootVolumeGiB: hostShape.rootVolumeGiB.optional(),
  replicas: hostShape.replicas.optional(),
  cloudflaredMirror: hostShape.cloudflaredMirror.optional(),
  protocol: hostShape.protocol.optional(),
  edgeIpVersion: hostShape.edgeIpVersion.optional(),
  edgeRegion: hostShape.edgeRegion.optional(),
  pollSeconds: hostShape.pollSeconds.optional(),
  sessionManager: hostShape.sessionManager.optional(),
  replacementTimeoutSeconds: hostShape.replacementTimeoutSeconds.optional(),
  environment: z
    .record(
      text(VARIABLE_NAME.pattern, VARIABLE_NAME.allowed),
      text(VARIABLE_VALUE.pattern, VARIABLE_VALUE.allowed),
    )
    .default({})
    .describe(
      "Plain variables for the app on the host, in /etc/tenant-edge/app.env. Not for secrets: user data is readable.",
    ),
  app: appSchema
    .prefault({})
    .describe(
      "The app that is started once its S3 credentials are there, and reloaded or restarted when they change: either a container or a unit. Default: none is started.",
    ),
  cloudConfig: z
    .record(z.string(), z.unknown())
    .default({})
    .describe(
      "Further cloud-config for the first boot: lists (write_files, runcmd, users, groups) are appended to ours, what is ours cannot be changed. Not for secrets: user data is readable.",
    ),
});

export const hostDefaultsSchema = z
  .strictObject({
    imageId: hostShape.imageId.optional(),
    instanceType: hostShape.instanceType.default(DEFAULT_INSTANCE_TYPE),
    rootVolumeGiB: hostShape.rootVolumeGiB.default(DEFAULT_ROOT_VOLUME_GIB),
    replicas: hostShape.replicas.default(1),
    cloudflaredMirror: hostShape.cloudflaredMirror.optional(),
    protocol: hostShape.protocol.default(DEFAULT_CONNECTOR.protocol),
    edgeIpVersion: hostShape.edgeIpVersion.default(DEFAULT_CONNECTOR.edgeIpVersion),
    edgeRegion: hostShape.edgeRegion.default(DEFAULT_CONNECTOR.edgeRegion),
    pollSeconds: hostShape.pollSeconds.default(DEFAULT_POLL_SECONDS),
    sessionManager: hostShape.sessionManager.default(false),
    replacementTimeoutSeconds: hostShape.replacementTimeoutSeconds.default(
      DEFAULT_REPLACEMENT_TIMEOUT_SECONDS,
    ),
  })
  .describe("What hosts have unless their tenant says otherwise.");
