import Checkpoints
import Datasets
import Evaluation
import Findings
import HDF5
import Models
import TestSupport
import Testing
import Torch

@testable import Analysis

/// Diagnosis of tasks that are no classification: one layer is spoilt, and everything points at it.
@Suite struct TaskKindDiagnosisTests {
  private struct Case: CustomTestStringConvertible {
    let name: String
    let parameter: String
    let layer: String
    var testDescription: String { name }
  }

  private static let cases = [
    Case(name: "lm", parameter: "model.transformer.h.0.mlp.c_fc.weight", layer: "model.transformer.h.0"),
    Case(name: "tags", parameter: "inner.weight", layer: "inner"),
    Case(name: "pixels", parameter: "0.weight", layer: "0"),
    Case(name: "many", parameter: "0.weight", layer: "0"),
    Case(name: "numbers", parameter: "0.weight", layer: "0"),
  ]

  @Test(arguments: cases) private func aSpoiltLayerIsFoundAndPutBack(_ given: Case) throws {
    let before = try KindFixture.checkpoint(given.name)
    let data = try KindFixture.known(given.name, by: Model(before))
    var after = before
    after.epoch = 1
    let weight = try #require(before.parameters[given.parameter])
    after.parameters[given.parameter] = try Tensor.copying(weight).multiply(by: -4).view()
    let models = try ComparedModels(before: before, after: after, source: data, target: nil)
    let finding = try DiagnosisMeasure(models, probes: models.probedExamples()).finding()
    let amount = finding.forgetting.forgetting
    #expect(amount.score == models.sourceKind.score)
    #expect(amount.change == .loss)
    #expect(amount.final > 0)
    #expect(finding.classes.isEmpty && finding.examples.isEmpty)
    // The parts of the loss are those of the score, and sum to it.
    #expect(finding.causes.map(\.kind) == [.readout, .features])
    #expect(finding.causes.allSatisfy { $0.unit == amount.score.unit })
    #expect(abs(finding.causes.reduce(0) { $0 + $1.loss.value } - amount.final) < 1e-9)
    checkProbes(of: finding, given)
    let worst = try #require(finding.worsened?.first)
    #expect(worst.lossAfter > worst.lossBefore)
    let rises = (finding.worsened ?? []).map { $0.lossAfter - $0.lossBefore }
    #expect(rises == rises.sorted(by: >) && rises.count <= DiagnosisThresholds.worstCount)
    let change = worst.change
    switch given.name {
    case "lm":
      let falls = try #require(change.tokens).compactMap(\.fall)
      // What the example's loss rose by is the mean fall of its tokens.
      #expect(abs(falls.reduce(0, +) / Double(falls.count) - (worst.lossAfter - worst.lossBefore)) < 1e-5)
      #expect(change.tokens?.first?.fall == nil)
    case "tags":
      let tokens = try #require(change.tokens).filter { $0.label != nil }
      #expect(tokens.allSatisfy { $0.before == $0.label })
      #expect(tokens.contains { $0.after != $0.label })
      #expect(data.classNames.contains(tokens[0].label ?? ""))
    case "pixels":
      let masks = try #require(change.masks)
      #expect(masks.before == masks.right && masks.after != masks.right && masks.right.count == 64)
      #expect(masks.rightBefore == 1)
      let wrong = zip(masks.after, masks.right).count { $0 != $1 }
      #expect(abs(masks.rightAfter - Double(64 - wrong) / 64) < 1e-12)
      #expect(worst.picture?.width == 8)
    case "many":
      let values = try #require(change.values)
      #expect(values.count == 4 && values.allSatisfy { $0.isProbability && ($0.before >= 0.5) == ($0.right == 1) })
    default:
      let value = try #require(change.values?.first)
      #expect(abs(value.before - value.right) < 1e-5 && value.after != value.right && !value.isProbability)
      #expect(abs(worst.lossAfter - (value.after - value.right) * (value.after - value.right)) < 1e-5)
    }
    let kept = try FindingDecoder.decode(DiagnosisFinding.self, from: FindingEncoder.encode(finding))
    #expect(kept.worsened?.map(\.change) == finding.worsened?.map(\.change))
    let spoilt = try #require(finding.layers.first { $0.layer == given.layer })
    #expect(abs(spoilt.gain.value - amount.final) < 1e-9)
    #expect([.lostHere, .critical].contains(spoilt.verdict), "\(spoilt.verdict)")
    for layer in finding.layers where layer.layer != given.layer {
      #expect(layer.gain.value == 0, "\(layer.layer)")
      #expect(layer.drift == 0, "\(layer.layer)")
    }
    let rewind = try #require(finding.remedies.first { $0.kind == .rewind })
    #expect(rewind.layers == [given.layer])
    // Back in the checkpoint, the score is what it was.
    let tried = try #require(try RemedyMeasure(models).tried().first { $0.finding.kind == .rewind })
    let mended = try models.checkpoint(applying: tried, epoch: 2)
    let again = try ComparedModels(before: before, after: mended, source: data, target: nil)
    #expect(try again.answersAfter().source == again.answersBefore())
  }

  /// A layer before the spoilt one lost nothing that a probe could read.
  private func checkProbes(of finding: DiagnosisFinding, _ given: Case) {
    #expect(finding.leftOut == LeftOutMeasures())
    #expect(finding.measuredOn.probes == 64 && finding.probeControls.permuted.scores.count == 5)
    #expect(finding.probeControls.untrained.isFinite)
    // What the embedding of places gives has no row for an example.
    for layer in finding.layers where !layer.layer.hasSuffix("wpe") {
      #expect(layer.probeDrop.low.isFinite, "\(layer.layer)")
      if layer.layer == given.layer { break }
      #expect(layer.probeDrop.value == 0, "\(layer.layer)")
    }
  }

  /// What is gained of one task is not weighed against what another loses in another unit.
  @Test func unitsThatDifferAreNotWeighed() throws {
    let before = try KindFixture.checkpoint("numbers")
    let data = try KindFixture.known("numbers", by: Model(before))
    var after = before
    after.parameters["0.weight"] = try Tensor.copying(try #require(before.parameters["0.weight"])).multiply(by: 2)
      .view()
    let models = try ComparedModels(before: before, after: after, source: data, target: data)
    #expect(models.areCommensurable)
    #expect(models.targetScore == .rootMeanSquaredError)
    #expect(try !RemedyMeasure(models).tried().isEmpty)
  }
}
