import { defineStrings } from "../../i18n/strings.ts";

export const graphStrings = defineStrings("workflow-graph", {
  en: {
    map: "for each",
    run: "run",
    tasks: "tasks",
    workflow: "workflow",
    sleep: "sleep",
    waitFor: "event",
    approval: "approval",
    gate: "gate",
    group_one: "{{count}} step",
    group_other: "{{count}} steps",
    onPath: "on the critical path",
    inCycle: "part of a cycle",
    graph: "Graph of the steps",
    graphOf_one: "{{count}} step",
    graphOf_other: "{{count}} steps",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    fit: "Fit into view",
    together: "Draw similar steps together",
    togetherAgain: "Close opened groups",
    tooMany: "{{count}} steps in {{nodes}} nodes are too many to draw. The table has all of them.",
    toTable: "Show the table",
    noSteps: "No steps yet.",
    legendPath: "critical path",
  },
  zh: {
    map: "遍历",
    run: "执行",
    tasks: "多任务",
    workflow: "子工作流",
    sleep: "休眠",
    waitFor: "等事件",
    approval: "审批",
    gate: "关卡",
    group_one: "{{count}} 个步骤",
    group_other: "{{count}} 个步骤",
    onPath: "在关键路径上",
    inCycle: "处于循环中",
    graph: "步骤图",
    graphOf_one: "共 {{count}} 个步骤",
    graphOf_other: "共 {{count}} 个步骤",
    zoomIn: "放大",
    zoomOut: "缩小",
    fit: "适应窗口",
    together: "合并显示相似步骤",
    togetherAgain: "收起已展开的组",
    tooMany: "{{count}} 个步骤（{{nodes}} 个节点）太多，无法绘制。表格中可查看全部步骤。",
    toTable: "查看表格",
    noSteps: "还没有步骤。",
    legendPath: "关键路径",
  },
});

const KIND_KEYS = {
  map: "map",
  run: "run",
  tasks: "tasks",
  workflow: "workflow",
  sleep: "sleep",
  waitFor: "waitFor",
  approval: "approval",
  gate: "gate",
} as const;

/** The key of a kind's name in the texts; a kind that this page does not know is a gate. */
export function kindKey(kind: string): keyof typeof KIND_KEYS {
  return Object.values(KIND_KEYS).find((key) => key === kind) ?? "gate";
}
