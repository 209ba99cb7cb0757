/** Our own drawings, as paths of strokes in a square of 24. */
export const ICONS = {
  account: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20.5c1.2-3.4 4.2-5 8-5s6.8 1.6 8 5",
  alert: "M12 4 3 19.5h18zM12 10v4.5M12 17v.2",
  bell: "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4",
  card: "M3 6h18v12H3zM3 10h18M6.5 14.5h4",
  check: "m5 12.5 4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6 6 18",
  dashboard: "M4 16a8 8 0 1 1 16 0M12 16l4-5M4 19.5h16",
  devices: "M5 4h14v11H5zM9 20h6M12 15v5M9 8.5h6M9 11h3",
  down: "m6 9.5 6 6 6-6",
  more: "M4 7h16M4 12h16M4 17h16",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 19.5c.8-3.2 3.3-5 6.5-5s5.7 1.8 6.5 5M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.8c1.8.7 3 2.3 3.5 4.7",
  reports: "M6 3.5h9l4 4v13H6zM14.5 3.5v4.5H19M9 12.5h7M9 16h5",
  sessions: "M13 3 5 13.5h6L10 21l8.5-11H12.5z",
  settings: "M4 7h9M17 7h3M15 5v4M4 12h3M11 12h9M9 10v4M4 17h9M17 17h3M15 15v4",
  system: "M4 5h16v6H4zM4 13h16v6H4zM7.5 8h.2M7.5 16h.2M11 8h5.5M11 16h5.5",
  tariffs: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2.5",
  usage: "M4 4v16h16M7.5 15.5l4-5 3 3 5-6.5",
};

export type Icon = keyof typeof ICONS;
