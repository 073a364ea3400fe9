/** For requests that must be refused: no endpoint can have issued it, and the simulator never takes it. */
export const INVALID_KEY = "sk-twintail-probe-not-a-valid-key";
