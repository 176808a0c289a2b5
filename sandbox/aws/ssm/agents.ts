/** The SSM agents on the instances, as the service reaches them. */
export interface ShellResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

export interface SsmAgents {
  /** Whether the instance's agent runs and reaches the service. */
  isOnline(instanceId: string): Promise<boolean>;
  /**
   * Runs a text with the shell as root. Undefined when it was not over after that many seconds of the host, or when the
   * machine was switched off meanwhile.
   */
  run(instanceId: string, script: string, timeoutSeconds: number): Promise<ShellResult | undefined>;
}
