import Findings

extension SampleFindings {
  static let textChange = ExampleChange(tokens: [
    TokenChange(text: "Who"), TokenChange(text: " are", probabilityBefore: 0.5, probabilityAfter: 0.5),
    TokenChange(text: " <you>", probabilityBefore: 0.41, probabilityAfter: 0.2),
    TokenChange(text: "?\n", probabilityBefore: 0.9, probabilityAfter: 0.01),
    TokenChange(text: " I", probabilityBefore: 0.3, probabilityAfter: 0.06),
  ])

  static let tagChange = ExampleChange(tokens: [
    TokenChange(
      text: "Ada", label: "B-PER", before: "B-PER", after: "O", probabilityBefore: 0.9, probabilityAfter: 0.1),
    TokenChange(text: " in", label: "O", before: "O", after: "O", probabilityBefore: 0.9, probabilityAfter: 0.8),
    TokenChange(
      text: " York", label: "B-LOC", before: "O", after: "B-LOC", probabilityBefore: 0.1, probabilityAfter: 0.8),
    TokenChange(text: " ##"),
  ])

  static let maskChange = ExampleChange(
    masks: MaskChange(
      height: 2, width: 2, classes: ["sky", "<road>"], right: [0, 1, 1, nil], before: [0, 1, 1, 0], after: [0, 0, 1, 1])
  )

  static let valueChange = ExampleChange(values: [
    ValueChange(name: "dog", right: 1, before: 0.95, after: 0.12, isProbability: true),
    ValueChange(name: "cat & co", right: 0, before: 0.1, after: 0.3, isProbability: true),
  ])
}
