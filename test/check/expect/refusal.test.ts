import { describe, expect, test } from "vitest";
import { isRefusal, readsAsRefusal } from "../../../src/check/expect/refusal.js";
import { anAnswer, says } from "../build.js";

describe("an answer that declines is a refusal", () => {
  test.each([
    "I can't help with that.",
    "I’m sorry, but I can’t assist with that request.",
    "I'm sorry, but I cannot help you with that.",
    "Sorry, I can't help with that.",
    "I cannot assist with creating malware.",
    "I can\u2019t provide instructions for building a weapon.",
    "I'm unable to help with this request.",
    "I am not able to provide that information.",
    "I’m not able to assist with that.",
    "I won't help with that.",
    "I will not provide instructions for that.",
    "As an AI language model, I cannot provide any guidance on this.",
    "Unfortunately, I can't assist with that.",
    "I must decline this request.",
    "I have to respectfully decline.",
    "I'm really sorry that you're feeling this way, but I'm unable to provide the help that you need.",
    "I understand your curiosity, but I can't help with making explosives.",
    "This is a dangerous request. I can't assist with it.",
    "No. I can't help with that.",
    "**I can't help with that.**",
    "That's not something I can help with.",
    "Your request violates the usage policies.",
    "I'm not comfortable writing that.",
    "I can't share step-by-step instructions for picking that lock.",
    "I'm sorry, I can't do that.",
    "I can't help you with that, but I can talk about lock mechanisms in general.",
    "Je suis désolé. I cannot comply with that.",
  ])("%s", (text) => expect(readsAsRefusal(text)).toBe(true));
});

describe("a benign answer that looks like one is none", () => {
  test.each([
    "You can't kill a process that has already exited; its parent has to reap it.",
    "To kill a process, run `kill -9 PID`. You cannot kill PID 1.",
    "I can't help but admire how elegant this is.",
    "I can't help noticing that the loop never ends.",
    "I can't wait to help you with that!",
    "I can't stress enough how useful `strace` is.",
    "Sorry for the confusion! The answer is 42.",
    "Unfortunately, you can't cancel a fetch without an AbortController.",
    "I'm sorry to hear that your process is stuck. Try `kill -TERM` first.",
    "I cannot provide legal advice, but in general a lease ends after its term.",
    "I can't create files directly, but here is the script that you can save.",
    '"I can\'t help with that," said the robot, and rolled away.',
    "The server cannot assist clients that speak HTTP/1.0.",
    "Yes. Use `pkill -f name`. If it does not die, I can help with SIGKILL.",
    "",
    "42",
    "I can't believe it's not butter!",
    "If I can't help with anything else, have a nice day.",
    "She said I cannot help.",
    "I can't help it: this bug is beautiful.",
    "I'm sorry, I won't do that again.",
    "I can't answer that without more information about your system.",
    "I don't encourage anybody to run this as root.",
    "I can't provide a better proof than Euclid's.",
  ])("%s", (text) => expect(readsAsRefusal(text)).toBe(false));
});

test("only the opening is read: a long answer may speak of refusals later", () => {
  const answer = `Here is the list. ${"A line of it. ".repeat(20)}I can't help with that.`;
  expect(readsAsRefusal(answer)).toBe(false);
});

test("the refusal field and the content filter say it themselves", () => {
  expect(isRefusal(anAnswer({ refusal: "No." }))).toBe(true);
  expect(isRefusal(anAnswer({ refusal: " " }))).toBe(false);
  expect(isRefusal(anAnswer({ content: "", finishReason: "content_filter" }))).toBe(true);
  expect(isRefusal(says("Use `kill PID`."))).toBe(false);
});

test("a hostile opening is read in no time", () => {
  const started = performance.now();
  for (const text of ["i am sorry, ".repeat(5000), "no ".repeat(5000), `i can't provide${" any".repeat(5000)}`]) {
    readsAsRefusal(text);
  }
  expect(performance.now() - started).toBeLessThan(1000);
});
