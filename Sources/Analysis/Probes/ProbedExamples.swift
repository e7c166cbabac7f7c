import Datasets
import Findings
import Models

/// What linear probes are fitted to and judged on: the same examples for every layer and every model.
public protocol ProbedExamples {
  /// What is found of a layer.
  associatedtype Probe: LayerProbe
  /// What probes are judged by.
  var score: Score { get }
  /// Of the data.
  var datasetName: String { get }
  /// How many examples probes are fitted to.
  var fittedCount: Int { get }
  /// How many they are judged on.
  var judgedCount: Int { get }
  /// The classes that they are of; nil where they are of all.
  var drawnClasses: DrawnClasses? { get }

  /// Probes of layers, from the input on; those that have no features for the task are left out.
  ///
  /// - Parameters:
  ///   - controlsLast: whether the last of these layers is probed with permuted labels too.
  ///   - onFit: told each one that is fitted.
  /// - Returns: the probes, and the scores of those with permuted labels, one a permutation: what a probe makes of nothing.
  func probes(
    of layers: [String], in model: Model, controlsLast: Bool, onFit: () -> Void
  ) throws -> (probes: [Probe], control: ControlDraws)
}

/// A linear function that was fitted anew to a layer's features, judged on test examples.
public protocol LayerProbe: Sendable {
  /// The layer, by its name in the program.
  var layer: String { get }
  /// On the test examples.
  var score: Double { get }
  /// Chosen on a fifth of the training examples held out.
  var penalty: Double { get }

  /// What a later probe of the same layer lost against this one, counted so that it is positive where it got worse, with
  /// the paired interval over the test examples. What another draw of the training examples would change is not in it.
  func drop(to after: Self) -> Estimate
}

extension ProbedExamples {
  public var drawnClasses: DrawnClasses? { nil }

  /// Probes of layers, from the input on; those that have no features for the task are left out.
  public func probes(of layers: [String], in model: Model, onFit: () -> Void = {}) throws -> [Probe] {
    try probes(of: layers, in: model, controlsLast: false, onFit: onFit).probes
  }

  /// What was lost between two probings of the same layers, by layer.
  static func drops(from before: [Probe], to after: [Probe]) -> [String: Estimate] {
    Dictionary(uniqueKeysWithValues: zip(before, after).map { ($0.layer, $0.drop(to: $1)) })
  }
}

extension ComparedModels {
  /// Source examples that probes are fitted to and judged on; nil of a kind of task that none is fitted for.
  public func probedExamples() throws -> (any ProbedExamples)? { try probing().examples }

  /// Why no probes are fitted; nil where they can be.
  func probesLeftOut() throws -> ProbesLeftOut? { try probing().leftOut }

  private func probing() throws -> (examples: (any ProbedExamples)?, leftOut: ProbesLeftOut?) {
    if sourceKind.isClassification {
      var data = ProbeData(source, trainCount: counts.probeFitted, testCount: counts.probed)
      data.processes = processes
      return (data, nil)
    }
    do {
      var data = try KindProbeData(
        source, kind: sourceKind, wordCount: after.wordCount(on: source), trainCount: counts.probeFitted,
        testCount: counts.probed)
      data.processes = processes
      return (data, nil)
    } catch AnalysisError.noProbes { return (nil, .kind) } catch AnalysisError.tooManyWords { return (nil, .words) }
  }
}
