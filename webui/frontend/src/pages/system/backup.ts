/** A backup as the server tells it. */

export interface BackupAnswer {
  name: string;
  size: number;
  made_at: string;
  encrypted: boolean;
  taken_in: boolean;
}

export interface Planned {
  node: string;
  folder: string;
  kept: string;
  copy_to: string[];
  status: string;
  triggers: string[];
}

export interface BackupsAnswer {
  items: BackupAnswer[];
  folder: string;
  last: string | null;
  planned: Planned[];
}

export interface Verified {
  created_at: string;
  members: number;
}
