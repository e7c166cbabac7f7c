import Foundation
import Metrics

extension DiagnosisFinding {
  /// Reads what version 0.1 stored with a run: another JSON text, numbers that are not finite as `"nan"` and `"inf"`.
  ///
  /// How many examples each part was judged on is not known; the amount was of the judged examples themselves.
  ///
  /// - Parameter epoch: that it is of, which that version did not write.
  /// - Throws: `DecodingError` for another text.
  public init(version01 text: String, epoch: Int) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let stored = try decoder.decode(Version01.self, from: Data(text.utf8))
    self.init(
      title: stored.title, sourceTask: stored.sourceTask, forgetting: stored.amount(epoch: epoch),
      measuredOn: JudgedCounts(source: stored.count),
      causes: stored.causes.compactMap { cause in
        ForgettingCause.Kind(rawValue: cause.name).map { ForgettingCause($0, loss: cause.loss) }
      },
      isAveragedOverOrders: stored.isAveragedOverOrders, layers: stored.layers.map(stored.layer),
      probeControls: ProbeControls(
        permuted: ControlDraws(stored.probeControls.filter { $0.name == ProbeControls.permutedName }.map(\.value)),
        untrained: stored.probeControls.value(ProbeControls.untrainedName)),
      classes: stored.classes.map {
        ClassChange(
          $0.name, before: $0.before, after: $0.after,
          PairedComparison(count: $0.count, lost: $0.lost, gained: $0.gained))
      },
      examples: stored.examples.map(\.finding),
      epochs: stored.history.map {
        LayersAtEpoch(epoch: $0.epoch, drift: $0.drift, similarity: $0.similarity, probeDrop: $0.probeDrop)
      },
      firstSignificantEpoch: stored.firstSignificantEpoch, remedies: stored.remedies.map(\.finding))
  }
}

/// The form of version 0.1, never to be changed.
private struct Version01: Decodable {
  struct Cause: Decodable {
    var name: String
    var loss: Estimate
  }

  struct Layer: Decodable {
    var name: String
    var drift: Double
    var predictedLoss: Double
    var similarity: Estimate
    var targetSimilarity: Estimate
    var null: Double
    var probeDrop: Double
    var gain: Estimate
    var cost: Double
    var controls: [Double]
  }

  struct Example: Decodable {
    struct Thumbnail: Decodable {
      var width: Int
      var height: Int
      var pixels: [UInt8]
    }

    var index: Int
    var label: String
    var before: String
    var after: String
    var confidenceBefore: Double
    var confidenceAfter: Double
    var picture: Thumbnail?
  }

  struct Remedy: Decodable {
    var action: String
    var gain: Estimate
    var cost: Double
    var command: String
  }

  struct Figure: Decodable {
    var name: String
    var value: Double
  }

  struct Class: Decodable {
    var name: String
    var count: Int
    var before: Double
    var after: Double
    var lost: Int
    var gained: Int
  }

  struct Epoch: Decodable {
    var epoch: Int
    var drift: [Double]
    var similarity: [Double]
    var probeDrop: [Double]
  }

  var title: String
  var sourceTask: String
  var isProxy: Bool
  var before: Double
  var after: Double
  var loss: Estimate
  var pValue: Double
  var count: Int
  var lost: Int
  var gained: Int
  var measures: [Figure]
  var causes: [Cause]
  var isAveragedOverOrders: Bool
  var layers: [Layer]
  var probeControls: [Figure]
  var controlNames: [String]
  var classes: [Class]
  var examples: [Example]
  var history: [Epoch]
  var firstSignificantEpoch: Int?
  var remedies: [Remedy]
}

extension Version01 {
  func amount(epoch: Int) -> ForgottenAmount {
    var amount = ForgottenAmount(
      Forgetting(
        score: isProxy ? .agreement : .accuracy, epoch: epoch, before: before, after: after, final: loss.value,
        low: loss.low, high: loss.high, maxMinusFinal: measures.value("best epoch minus last"),
        worst: measures.value("before minus worst epoch"),
        relative: measures.value("relative: final / (before − chance)"), area: measures.value("mean over the epochs"),
        pairedPValue: pValue, lost: lost, gained: gained, sourceCount: count,
        chance: measures.value("chance level of accuracy")))
    // "mean of 3 runs"
    if let mean = measures.first(where: { $0.name.hasPrefix("mean of ") && $0.name.hasSuffix(" runs") }),
      let count = Int(mean.name.dropFirst(8).dropLast(5))
    {
      let (low, high) = (measures.value("its 95 % interval, from"), measures.value("to"))
      amount.runs = MeanOfRuns(count: count, loss: Estimate(mean.value, low: low, high: high))
    }
    return amount
  }

  /// Its verdict is said anew: that of version 0.1 said more than its measures establish.
  func layer(_ layer: Layer) -> DiagnosedLayer {
    let known = Dictionary(zip(controlNames, layer.controls)) { first, _ in first }
    let kind = SimilarityControls.Untrained.allCases.first { known[$0.rawValue] != nil } ?? .freshWeights
    return DiagnosedLayer(
      layer: layer.name, drift: layer.drift, predictedLoss: Estimate(layer.predictedLoss), similarity: layer.similarity,
      null: layer.null, targetSimilarity: layer.targetSimilarity,
      controls: SimilarityControls(
        itself: known["itself"] ?? .nan, untrained: known[kind.rawValue] ?? .nan, untrainedKind: kind,
        otherRuns: known["other runs"]),
      probeDrop: Estimate(layer.probeDrop), gain: layer.gain, cost: Estimate(layer.cost))
  }
}

extension Version01.Example {
  var finding: ChangedExample {
    ChangedExample(
      index: index, label: label, before: before, after: after, confidenceBefore: confidenceBefore,
      confidenceAfter: confidenceAfter,
      picture: picture.flatMap { Picture(width: $0.width, height: $0.height, pixels: $0.pixels) })
  }
}

extension Version01.Remedy {
  /// How the words of each kind began, the longer first.
  private static let beginnings: [(String, Remedy.Kind)] = [
    ("re-estimate", .statistics), ("refit", .head), ("rewind", .rewind), ("interpolate by block", .blockInterpolation),
    ("interpolate", .interpolation),
  ]

  var finding: Remedy {
    let kind = Self.beginnings.first { action.hasPrefix($0.0) }?.1 ?? .retraining
    return Remedy(
      kind: kind, action: action, command: command, gain: gain, cost: Estimate(cost),
      layers: kind == .rewind ? action.dropFirst("rewind ".count).components(separatedBy: ", ") : [])
  }
}

extension [Version01.Figure] {
  fileprivate func value(_ name: String) -> Double { first { $0.name == name }?.value ?? .nan }
}
