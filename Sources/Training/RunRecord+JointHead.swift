import Checkpoints
import Evaluation
import Findings

extension RunRecord {
  /// What a head that source and target share makes of both tasks together; nil where each has its own, or the classes of one
  /// are all the other's.
  var jointHead: JointHead? {
    guard let head = data.source?.head, head == data.target?.head, let classes = judgedClasses,
      let source = classes.source, let apart = classes.apart, let kind = kind(of: "target"),
      self.kind(of: "source")?.name == kind.name
    else { return nil }
    let answered = [Set((predictions["source"] ?? [:]).keys), Set((sums["source"] ?? [:]).keys)]
    let epochs = answered[0].union(answered[1]).sorted().compactMap { epoch -> JointAnswers? in
      guard var both = answers(of: "source", at: epoch), let others = answers(of: "target", at: epoch),
        both.count > 0, others.count > 0, both.width == others.width,
        let taken = shareOfAnswers(to: "source", among: apart.target, at: epoch),
        let takenBack = shareOfAnswers(to: "target", among: apart.source, at: epoch)
      else { return nil }
      both.append(others)
      return JointAnswers(
        epoch: epoch, kind.score, kind.values(of: both, counting: nil).scores[0], count: both.count,
        sourceTakenForTarget: taken, targetTakenForSource: takenBack)
    }
    return epochs.isEmpty
      ? nil : JointHead(classCount: source.outputCount, places: kind.answeredPlaces, epochs: epochs)
  }

  /// Of what was answered to a task's examples, the share that is one of some outputs; nil where it was not kept.
  private func shareOfAnswers(to task: String, among outputs: Set<Int>, at epoch: Int) -> Double? {
    if let answers = predictions[task]?[epoch], !answers.isEmpty {
      return Double(answers.count { outputs.contains(Int($0)) }) / Double(answers.count)
    }
    return answers(of: task, at: epoch).flatMap { kind(of: task)?.shareOfAnswers(among: outputs, in: $0) }
  }
}
