import { Argument, type Command } from "commander";
import { exampleText } from "../exampleText.ts";
import type { Surroundings } from "../surroundings.ts";
import { candidates } from "./candidates.ts";
import { completionScript, Shell } from "./scripts.ts";

export function addCompletionCommands(program: Command, { stdout, env, directory }: Surroundings): void {
  program
    .command("completion")
    .description("Print the completion script of a shell")
    .addArgument(new Argument("<shell>", "your shell").choices(Object.values(Shell)))
    .addHelpText(
      "after",
      exampleText("completion", [
        ["bash >> ~/.bashrc", "for every new bash"],
        ["zsh > ~/.zfunc/_tenant-edge", "a folder of zsh's fpath"],
        ["fish > ~/.config/fish/completions/tenant-edge.fish", "for fish"],
      ]),
    )
    .action((shell: Shell) => {
      stdout.write(completionScript(shell));
    });
  // What the scripts ask.
  program
    .command("complete", { hidden: true })
    .argument("[words...]")
    .action((words: string[]) => {
      const found = candidates(program, words, { env, directory });
      stdout.write(found.map(({ value, text }) => `${value}\t${text}\n`).join(""));
    });
}
