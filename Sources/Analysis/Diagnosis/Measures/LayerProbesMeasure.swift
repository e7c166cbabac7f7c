import Findings
import Models

/// What linear probes of the layers lost, with probes to compare them with.
struct LayerProbesMeasure {
  /// What was lost by the epoch that the model after is of.
  let drops: [String: Estimate]
  /// How many examples the probes are judged on.
  let judgedCount: Int
  /// The classes that they are of; nil where they are of all.
  let drawnClasses: DrawnClasses?
  let controls: ProbeControls
  private let epoch: Int
  private let progress: DiagnosisProgress
  private let dropsOf: (Model) throws -> [String: Estimate]

  /// - Parameters:
  ///   - untrained: a network that was never trained.
  ///   - epoch: that the model after is of.
  init<Probed: ProbedExamples>(
    _ models: ComparedModels, layers: [String], data: Probed, untrained: Model, epoch: Int
  ) throws {
    let progress = models.progress
    self.progress = progress
    func probes(of layers: [String], in model: Model) throws -> [Probed.Probe] {
      try data.probes(of: layers, in: model) { progress.advance() }
    }
    progress.begin("probes", unit: "probe", of: 2 * layers.count + 1 + ControlDraws.count)
    let before = try probes(of: layers, in: models.before)
    let after = try data.probes(of: layers, in: models.after, controlsLast: true) { progress.advance() }
    drops = Probed.drops(from: before, to: after.probes)
    dropsOf = { model in
      Probed.drops(from: before, to: try data.probes(of: layers, in: model) { progress.advance() })
    }
    judgedCount = data.judgedCount
    drawnClasses = data.drawnClasses
    self.epoch = epoch
    controls =
      try before.last.map { last in
        ProbeControls(
          permuted: after.control,
          untrained: try probes(of: [last.layer], in: untrained).first?.score ?? .nan)
      } ?? ProbeControls()
  }

  /// What was lost by an epoch, measured where it is not known yet.
  func drops(of model: Model, epoch: Int) throws -> [String: Estimate] {
    guard epoch != self.epoch else { return drops }
    progress.begin("probes of epoch \(epoch)", unit: "probe", of: drops.count)
    return try dropsOf(model)
  }
}
