import { defineStrings } from "../i18n/strings.ts";

export const conflictStrings = defineStrings("conflict", {
  en: {
    title: "Somebody else has changed this meanwhile",
    about:
      "Nothing of yours is lost and nothing was overwritten. Choose for each difference which one stays.",
    both: "both changed it",
    onlyMine: "only you changed it",
    onlyTheirs: "only they changed it",
    was: "Was",
    keepMine: "Keep mine",
    takeTheirs: "Take theirs",
    allMine: "Keep all of mine",
    allTheirs: "Take all of theirs",
    apply: "Go on with this choice",
    same: "Both versions say the same now.",
  },
  zh: {
    title: "期间有其他人修改了它",
    about: "你的修改没有丢失，也没有覆盖任何内容。请逐项选择保留哪一个。",
    both: "双方都改了",
    onlyMine: "只有你改了",
    onlyTheirs: "只有对方改了",
    was: "原值",
    keepMine: "保留我的",
    takeTheirs: "采用对方的",
    allMine: "全部保留我的",
    allTheirs: "全部采用对方的",
    apply: "按此选择继续",
    same: "两个版本现在一致。",
  },
});
