/** A timer as its unit file describes it. Manual page systemd.timer(5). */
import { refuseUnknownDirectives } from "./serviceUnit.ts";
import { UnitFile, UnitFileError } from "./unitFile.ts";
import { parseTimeSpan } from "./unitValues.ts";

export interface TimerUnit {
  name: string;
  /** What it starts. */
  unit: string;
  /** Seconds after the timer's own start. */
  onActive: number[];
  /** Seconds after the unit last ended. */
  onUnitInactive: number[];
  /** Seconds; up to so many are added, at random. */
  randomizedDelay: number;
  /** Seconds; as late as this it may be, without a reason. */
  accuracy: number;
  installable: boolean;
  warnings: readonly string[];
}

const NOT_EMULATED = [
  "OnBootSec",
  "OnCalendar",
  "OnClockChange",
  "OnStartupSec",
  "OnTimezoneChange",
  "OnUnitActiveSec",
];

/** Throws UnitFileError for a unit that systemd would not load, or that the sandbox cannot emulate. */
export function parseTimerUnit(name: string, text: string, dropIns: readonly string[] = []): TimerUnit {
  const file = UnitFile.parse(text, ...dropIns);
  refuseUnknownDirectives(file);
  const unknown = NOT_EMULATED.find((key) => file.last("Timer", key) !== undefined);
  if (unknown !== undefined) throw new UnitFileError(`The sandbox does not emulate ${unknown}=`);
  const spans = (key: string) => file.all("Timer", key).map(parseTimeSpan);
  const unit: TimerUnit = {
    name,
    unit: file.last("Timer", "Unit") ?? name.replace(/\.timer$/, ".service"),
    onActive: spans("OnActiveSec"),
    onUnitInactive: spans("OnUnitInactiveSec"),
    randomizedDelay: parseTimeSpan(file.last("Timer", "RandomizedDelaySec") ?? "0"),
    accuracy: parseTimeSpan(file.last("Timer", "AccuracySec") ?? "1min"),
    installable: file.words("Install", "WantedBy").length > 0,
    warnings: file.warnings,
  };
  if (unit.onActive.length + unit.onUnitInactive.length === 0) {
    throw new UnitFileError("Timer unit lacks value setting. Refusing.");
  }
  return unit;
}
