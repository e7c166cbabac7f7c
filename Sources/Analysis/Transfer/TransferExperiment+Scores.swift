import Datasets
import Evaluation
import Findings
import Models
import Training

extension TransferExperiment {
  /// What can be said of the base network for the target without the experiment's trainings.
  public struct Scores: Sendable {
    /// A score of every cut.
    public struct ByCut: Sendable {
      public let name: String
      /// In the plan's order; NaN where a cut's block has no output an example.
      public let values: [Double]
      /// Whether it is a share of something, from 0 to 1.
      public let isFraction: Bool
    }

    /// A score of the network as a whole.
    public struct OfNetwork: Sendable {
      public let name: String
      public let value: Double
      public let meaning: String
    }

    public let byCut: [ByCut]
    public let ofNetwork: [OfNetwork]
  }

  /// Scores the base network on the target: at most 1,000 training examples, and for CKA 1,000 test examples.
  ///
  /// CKA compares its blocks with those of the target's own network of the first seed, which must be trained.
  public func scores() throws -> Scores {
    let model = try Model(base, device: runs.device)
    model.fitPreprocessing(to: options.examples(of: target.train), fitsImages: options.fitsImages)
    let names = plan.cuts.map(\.name)
    let data = ProbeData(target)
    let scores = try model.transferScores(of: names, on: data, sourceTask: nil)
    let layers = Dictionary(uniqueKeysWithValues: scores.layers.map { ($0.name, $0) })
    let own = try Model(targetNetwork(), device: runs.device)
    let matrix = try LayerSimilarity(
      comparing: model, with: own, on: data.test, dataset: target.name, layersA: names, layersB: names,
      sampleCount: data.test.count)
    let similarity = Dictionary(uniqueKeysWithValues: matrix.diagonal.map { ($0.layer, $0.value) })
    func byCut(_ name: String, isFraction: Bool = false, _ value: (TransferScores.Layer) -> Double) -> Scores.ByCut {
      Scores.ByCut(
        name: name, values: names.map { layers[$0].map(value) ?? .nan }, isFraction: isFraction)
    }
    let isShrunk = scores.layers.contains(where: \.hScoreIsShrunk)
    var whole: [Scores.OfNetwork] = []
    if let leep = scores.leep {
      whole.append(
        .init(
          name: "LEEP", value: leep,
          meaning: "log likelihood of the target's labels by the source head's answers; 0 at best"))
    }
    if let nce = scores.nce {
      whole.append(
        .init(
          name: "NCE", value: nce,
          meaning: "the same by its likeliest class alone; 0 at best"))
    }
    return Scores(
      byCut: [
        byCut("linear probe", isFraction: true) { $0.probe },
        byCut("LogME") { $0.logME },
        byCut(isShrunk ? "H-score (shrunk)" : "H-score") { $0.hScore },
        .init(
          name: "CKA to the target's own", values: names.map { similarity[$0] ?? .nan }, isFraction: false),
      ], ofNetwork: whole)
  }
}
