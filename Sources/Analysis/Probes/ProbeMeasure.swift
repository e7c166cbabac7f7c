import Findings
import Models
import Programs

/// Linear probes of the layers of one model, or of several of one program.
public struct ProbeMeasure {
  private let models: [(name: String, model: Model)]
  private let data: Data

  /// What probes are fitted to: one class an example, or what another kind of task has.
  private enum Data {
    case classes(ProbeData)
    case kind(KindProbeData)
  }

  /// - Parameters:
  ///   - models: at least one, each with what it is called.
  public init(_ models: [(name: String, model: Model)], on data: ProbeData) { self.init(models, .classes(data)) }

  /// Likewise of a task of any kind.
  public init(_ models: [(name: String, model: Model)], on data: KindProbeData) { self.init(models, .kind(data)) }

  private init(_ models: [(name: String, model: Model)], _ data: Data) {
    precondition(!models.isEmpty, "no model to probe")
    self.models = models
    self.data = data
  }

  /// Probes layers, but for the head's.
  ///
  /// - Parameter globs: which; those with parameters where there are none.
  /// - Throws: `ProgramError` where a glob matches no layer.
  public func finding(layers globs: [String] = []) throws -> ProbeFinding {
    let first = models[0].model
    let layers =
      try globs.isEmpty
      ? first.program.layers.filter { !$0.parameterNames.isEmpty } : first.program.layers(matching: globs)
    let head = Set(first.program.headParameterNames)
    let wanted = layers.map(\.name).filter { name in
      first.program.layer(named: name).map { head.isDisjoint(with: $0.parameterNames) } ?? true
    }
    switch data {
    case .classes(let data): return try finding(of: wanted, on: data)
    case .kind(let data): return try finding(of: wanted, on: data)
    }
  }

  private func finding(of wanted: [String], on data: ProbeData) throws -> ProbeFinding {
    let first = models[0].model
    let probes = try models.map { try $0.model.probes(of: wanted, on: data) }
    return ProbeFinding(
      data: data.dataset, control: try wanted.last.map { try first.control(on: $0, data) } ?? ControlDraws([]),
      layers: probes[0].indices.map { row in
        ProbeFinding.Layer(
          layer: probes[0][row].layer, scores: probes.map { $0[row].accuracy },
          penalties: probes.map { $0[row].penalty },
          drop: probes.count > 1 ? probes[0][row].drop(to: probes[probes.count - 1][row]) : nil)
      }, models: models.map(\.name), trainCount: data.train.count, testCount: data.test.count)
  }

  private func finding(of wanted: [String], on data: KindProbeData) throws -> ProbeFinding {
    let first = models[0].model
    let probes = try models.map { try $0.model.probes(of: wanted, on: data) }
    guard let last = probes[0].last?.layer else {
      throw AnalysisError.nothingToCompare("none of the layers has a place for each label")
    }
    return ProbeFinding(
      score: data.kind.score, data: data.dataset, control: try first.control(on: last, data),
      layers: probes[0].indices.map { row in
        ProbeFinding.Layer(
          layer: probes[0][row].layer, scores: probes.map { $0[row].answers.score },
          penalties: probes.map { $0[row].penalty },
          drop: probes.count > 1 ? probes[0][row].drop(to: probes[probes.count - 1][row]) : nil)
      }, models: models.map(\.name), trainCount: data.train.count, testCount: data.test.count)
  }
}
