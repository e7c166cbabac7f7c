import Findings
import Models
import Programs

/// Linear probes of the layers of one model, or of several of one program.
public struct ProbeMeasure {
  private let models: [(name: String, model: Model)]
  private let data: any ProbedExamples

  /// - Parameters:
  ///   - models: at least one, each with what it is called.
  public init(_ models: [(name: String, model: Model)], on data: any ProbedExamples) {
    precondition(!models.isEmpty, "no model to probe")
    self.models = models
    self.data = data
  }

  /// Probes layers, but for the head's.
  ///
  /// - Parameter globs: which; those with parameters where there are none.
  /// - Throws: `ProgramError` where a glob matches no layer, ``AnalysisError/nothingToCompare(_:)`` where none has features
  ///   for the task.
  public func finding(layers globs: [String] = []) throws -> ProbeFinding {
    let first = models[0].model
    let layers =
      try globs.isEmpty
      ? first.program.layers.filter { !$0.parameterNames.isEmpty } : first.program.layers(matching: globs)
    let head = Set(first.program.headParameterNames)
    let wanted = layers.map(\.name).filter { name in
      first.program.layer(named: name).map { head.isDisjoint(with: $0.parameterNames) } ?? true
    }
    return try finding(of: wanted, on: data)
  }

  private func finding(of wanted: [String], on data: some ProbedExamples) throws -> ProbeFinding {
    let found = try models.enumerated().map { number, entry in
      try data.probes(of: wanted, in: entry.model, controlsLast: number == 0, onFit: {})
    }
    let probes = found.map(\.probes)
    guard wanted.isEmpty || !probes[0].isEmpty else {
      throw AnalysisError.nothingToCompare("none of the layers has a place for each label")
    }
    return ProbeFinding(
      score: data.score, data: data.datasetName, control: found[0].control,
      layers: probes[0].indices.map { row in
        ProbeFinding.Layer(
          layer: probes[0][row].layer, scores: probes.map { $0[row].score }, penalties: probes.map { $0[row].penalty },
          drop: probes.count > 1 ? probes[0][row].drop(to: probes[probes.count - 1][row]) : nil)
      }, models: models.map(\.name), trainCount: data.fittedCount, testCount: data.judgedCount,
      classes: data.drawnClasses)
  }
}
