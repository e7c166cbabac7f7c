import Checkpoints
import Findings

extension RunRecord {
  /// What a head that source and target share makes of both tasks together; nil where each has its own, or the classes of one
  /// are all the other's.
  var jointHead: JointHead? {
    guard let head = data.source?.head, head == data.target?.head, let classes = judgedClasses,
      let source = classes.source, let apart = classes.apart
    else { return nil }
    let epochs = (predictions["source"] ?? [:]).keys.sorted().compactMap { epoch -> JointAnswers? in
      guard let sourceAnswers = predictions["source"]?[epoch], let targetAnswers = predictions["target"]?[epoch],
        let sourceLabels = labels["source"], let targetLabels = labels["target"], !sourceAnswers.isEmpty,
        sourceAnswers.count == sourceLabels.count, !targetAnswers.isEmpty, targetAnswers.count == targetLabels.count
      else { return nil }
      func share(_ answers: [Int32], among classes: Set<Int>) -> Double {
        Double(answers.count { classes.contains(Int($0)) }) / Double(answers.count)
      }
      let answers = zip(sourceAnswers + targetAnswers, sourceLabels + targetLabels)
      let count = sourceAnswers.count + targetAnswers.count
      return JointAnswers(
        epoch: epoch, accuracy: Double(answers.reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }) / Double(count), count: count,
        sourceTakenForTarget: share(sourceAnswers, among: apart.target),
        targetTakenForSource: share(targetAnswers, among: apart.source))
    }
    return epochs.isEmpty ? nil : JointHead(classCount: source.outputCount, epochs: epochs)
  }
}
