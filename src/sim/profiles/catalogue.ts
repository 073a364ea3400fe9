/** Every profile by name, with what each one does. */
import { BASTION } from "./bastion.js";
import { GATEWAY } from "./gateway.js";
import type { Profile } from "./profile.js";
import { SPOT } from "./spot.js";

export const PROFILES = { bastion: BASTION, spot: SPOT, gateway: GATEWAY } as const satisfies Readonly<
  Record<string, Profile>
>;

export type ProfileName = keyof typeof PROFILES;
