/** The times along a chart, as the viewer's language writes them. */

const DAY_S = 86_400;

export interface Clockwork {
  /** Return the labels of ticks that are `step_s` apart. */
  ticks(times: readonly number[], step_s: number): string[];
  /** Return a time to the second, with its date. */
  exactly(time: number): string;
}

/** Return how times are written in a language and a zone. */
export function clockwork(language: string, zone: string): Clockwork {
  const as = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(language, { timeZone: zone, ...options });
    return (time: number) => format.format(time * 1000);
  };
  const year = as({ year: "numeric" });
  const month = as({ month: "short", year: "numeric" });
  const day = as({ day: "numeric", month: "short" });
  const minute = as({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const second = as({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const exactly = as({ dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });

  const ticks = (times: readonly number[], step_s: number) => {
    if (step_s >= 364 * DAY_S) return times.map(year);
    if (step_s >= 28 * DAY_S) return times.map(month);
    if (step_s >= DAY_S) return times.map(day);
    const ofDay = step_s < 60 ? second : minute;
    let before = "";
    return times.map((time) => {
      const date = day(time);
      const first = date !== before;
      before = date;
      return first ? `${ofDay(time)}\n${date}` : ofDay(time);
    });
  };
  return { ticks, exactly };
}
