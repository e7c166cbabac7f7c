import Datasets
import Evaluation
import Findings
import Models

extension TransferExperiment {
  /// What can be said of the base network for the target without the experiment's trainings, to be added to its result.
  ///
  /// Of at most 1,000 training examples of the target, and for CKA 1,000 test examples. CKA compares its blocks with
  /// those of the target's own network of the first seed, which must be trained. NaN where a cut's block has no output
  /// an example.
  public func scores() throws -> (byCut: [TransferScore], ofNetwork: TransferNetworkScores) {
    let model = try Model(base, device: runs.device)
    try model.fitPreprocessing(to: options.examples(of: target.train), fitsImages: options.fitsImages)
    let names = plan.cuts.map(\.name)
    let data = ProbeData(target)
    let scores = try model.transferScores(of: names, on: data, sourceTask: nil)
    let layers = Dictionary(uniqueKeysWithValues: scores.layers.map { ($0.name, $0) })
    let own = try Model(targetNetwork(), device: runs.device)
    let matrix = try LayerSimilarity(
      comparing: model, with: own, on: data.test, dataset: target.name, layersA: names, layersB: names,
      sampleCount: data.test.count)
    let similarity = Dictionary(uniqueKeysWithValues: matrix.diagonal.map { ($0.layer, $0.value) })
    func byCut(_ name: String, isFraction: Bool = false, _ value: (TransferScores.Layer) -> Double) -> TransferScore {
      TransferScore(name: name, values: names.map { layers[$0].map(value) ?? .nan }, isFraction: isFraction)
    }
    let isShrunk = scores.layers.contains(where: \.hScoreIsShrunk)
    return (
      [
        byCut("linear probe", isFraction: true) { $0.probe },
        byCut("LogME") { $0.logME },
        byCut(isShrunk ? "H-score (shrunk)" : "H-score") { $0.hScore },
        TransferScore(name: "CKA to the target's own", values: names.map { similarity[$0] ?? .nan }),
      ], TransferNetworkScores(leep: scores.leep, nce: scores.nce)
    )
  }
}
