import Datasets
import Evaluation
import Findings
import Models

extension TransferExperiment {
  /// What can be said of the base network for the target without the experiment's trainings, to be added to its result.
  ///
  /// Of at most 1,000 training examples of the target, and for CKA 1,000 test examples. CKA compares its blocks with
  /// those of the target's own network of the first seed, which must be trained. NaN where a cut's block has no output
  /// an example, or none with a place for each label.
  ///
  /// LogME, H-score, LEEP and NCE are of examples that have a class each, and left out of other kinds of task; a linear
  /// probe is judged by the kind's own score, and left out where none is fitted.
  public func scores() throws -> (byCut: [TransferScore], ofNetwork: TransferNetworkScores) {
    let model = try Model(base, device: runs.device)
    try model.fitPreprocessing(to: options.examples(of: target.train), fitsImages: options.fitsImages)
    let names = plan.cuts.map(\.name)
    let kind = try kind()
    var scores: [TransferScore] = []
    var ofNetwork = TransferNetworkScores()
    if target.train.targets == nil {
      (scores, ofNetwork) = try classScores(of: names, model)
      // Answers of a head whose outputs are no classes tell none apart.
      if !kind.isClassification { ofNetwork = TransferNetworkScores() }
    } else if let data = try model.probeData(target, kind: kind) {
      let probes = Dictionary(
        uniqueKeysWithValues: try model.probes(of: names, on: data).probes.map { ($0.layer, $0.answers.score) })
      scores = [
        TransferScore(name: "linear probe", values: names.map { probes[$0] ?? .nan }, score: kind.score)
      ]
    }
    let own = try Model(targetNetwork(), device: runs.device)
    let test = target.probed().test
    let matrix = try LayerSimilarity(
      comparing: model, with: own, on: test, dataset: target.name, layersA: names, layersB: names,
      sampleCount: test.count)
    let similarity = Dictionary(uniqueKeysWithValues: matrix.diagonal.map { ($0.layer, $0.value) })
    scores.append(TransferScore(name: "CKA to the target's own", values: names.map { similarity[$0] ?? .nan }))
    return (scores, ofNetwork)
  }

  private func classScores(of names: [String], _ model: Model) throws -> ([TransferScore], TransferNetworkScores) {
    let scores = try model.transferScores(of: names, on: ProbeData(target, drawsClasses: false), sourceTask: nil)
    let layers = Dictionary(uniqueKeysWithValues: scores.layers.map { ($0.name, $0) })
    func byCut(_ name: String, isFraction: Bool = false, _ value: (TransferScores.Layer) -> Double) -> TransferScore {
      TransferScore(name: name, values: names.map { layers[$0].map(value) ?? .nan }, isFraction: isFraction)
    }
    let isShrunk = scores.layers.contains(where: \.hScoreIsShrunk)
    return (
      [
        byCut("linear probe", isFraction: true) { $0.probe },
        byCut("LogME") { $0.logME },
        byCut(isShrunk ? "H-score (shrunk)" : "H-score") { $0.hScore },
      ], TransferNetworkScores(leep: scores.leep, nce: scores.nce)
    )
  }
}
