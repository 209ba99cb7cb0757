/** A large file on its way to the server, which says how much of it went. */

import { ask, gate, Problem, withQuery } from "../../ask";
import type { BackupAnswer } from "./backup";

interface Said {
  detail: string;
  code: string;
}

/** Send a backup that was made elsewhere; it throws a `Problem` when it is refused. */
export async function takeIn(file: File, went: (share: number) => void): Promise<BackupAnswer> {
  const path = "backups/taken-in";
  // Asked before: what is refused need not be sent, and the password is asked for now.
  await ask.get(`${path}/room`, { name: file.name, size: file.size });
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", `/api/v1/${withQuery(path, { name: file.name })}`);
    sending.setRequestHeader("X-CSRF-Token", gate.csrf);
    sending.setRequestHeader("Content-Type", "application/octet-stream");
    sending.responseType = "json";
    sending.upload.onprogress = (event) => went(event.loaded / file.size);
    sending.onerror = () => reject(new Problem("the server does not answer"));
    sending.onload = () => {
      if (sending.status === 201) return resolve(sending.response as BackupAnswer);
      const said = sending.response as Said;
      reject(new Problem(said.detail, sending.status, said.code));
    };
    sending.send(file);
  });
}
