/** All features, in the order in which they are sent, judged and listed. One that looks at another comes after it. */
import type { Feature } from "./feature.js";
import { API_FEATURES } from "./features/apis.js";
import { CHAT_FEATURES } from "./features/chat.js";
import { ERROR_FEATURES } from "./features/errors.js";
import { FORMAT_FEATURES } from "./features/format.js";
import { LOAD_FEATURES } from "./features/load.js";
import { MEDIA_FEATURES } from "./features/media.js";
import { SAMPLING_FEATURES } from "./features/sampling.js";
import { TOOL_FEATURES } from "./features/tools.js";
import { VISION_FEATURES } from "./features/vision.js";

export const FEATURES: readonly Feature[] = [
  ...CHAT_FEATURES,
  ...TOOL_FEATURES,
  ...FORMAT_FEATURES,
  ...SAMPLING_FEATURES,
  ...VISION_FEATURES,
  ...API_FEATURES,
  ...MEDIA_FEATURES,
  ...ERROR_FEATURES,
  ...LOAD_FEATURES,
];
