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

/// Diagnosis of tasks that are no classification on examples that stand in for the source's.
@Suite struct ProxyDiagnosisTests {
  private func models(_ name: String) throws -> ComparedModels {
    let before = try KindFixture.checkpoint(name)
    var after = before
    after.epoch = 1
    for (parameter, view) in before.parameters {
      after.parameters[parameter] = try Tensor.copying(view).multiply(by: 1.25).view()
    }
    for (parameter, view) in before.heads[name]?.tensors ?? [:] {
      let scaled = try Tensor.copying(view).multiply(by: 1.25).view()
      after.heads[name]?.tensors[parameter] = scaled
      if after.parameters[parameter] != nil { after.parameters[parameter] = scaled }
    }
    return try ComparedModels(before: before, after: after, source: KindFixture.data(name), target: nil, isProxy: true)
  }

  /// All weights multiplied by 1.25; the shares are PyTorch's, as of `finetune --source-proxy`.
  @Test(
    arguments: [
      ("lm", 0.9376053962900506, "tokens"), ("tags", 0.7913533834586466, "tokens"),
      ("pixels", 0.8819754464285714, "pixels"),
    ])
  func agreementIsThatOfTheMeter(_ name: String, _ agreement: Double, _ places: String) throws {
    let models = try models(name)
    let amount = try AmountMeasure(models: models, run: nil).amount().forgetting
    let causes = try WaterfallMeasure(models).causes()
    #expect(amount.score == .agreement && amount.places == places)
    #expect(amount.before == 1 && abs(amount.after - agreement) < 1e-9, "\(amount.after)")
    #expect(amount.sourceCount == 64 && amount.change == .loss)
    #expect(causes.map(\.kind) == [.readout, .features])
    #expect(causes.allSatisfy { $0.unit == .fraction })
    #expect(abs(causes.reduce(0) { $0 + $1.loss.value } - amount.final) < 1e-9)
    #expect(try models.probedExamples() != nil)
  }

  /// A part of the examples has the labels of its own rows.
  @Test func aSubsetIsLabelledByItsOwnRows() throws {
    let data = try KindFixture.data("tags")
    let model = try Model(KindFixture.checkpoint("tags"))
    let kind = try TaskKinds.kind(of: data, for: model)
    func labels(_ split: Split) throws -> [Int64] {
      let said = try model.answers(on: split, dataset: "tags", kind: kind)
      let batch = try #require(try Batches(split: said, batchSize: said.count).makeIterator().next())
      return try batch.labels.array(of: Int64.self)
    }
    let whole = try labels(data.test)
    let some = try labels(data.test.selecting([7, 2, 41]))
    let expected: [Int64] = Array(whole[70..<80]) + Array(whole[20..<30]) + Array(whole[410..<420])
    #expect(some == expected)
    // What the labels leave out is left out: the first token of each.
    for first in stride(from: 0, to: whole.count, by: 10) { #expect(whole[first] == -100) }
  }

  /// Of labels, yes and no are what they were; the share is PyTorch's.
  @Test func labelsAgreeByYesAndNo() throws {
    let models = try models("many")
    let amount = try AmountMeasure(models: models, run: nil).amount().forgetting
    #expect(amount.score == .agreement && amount.places == "labels" && amount.before == 1)
    #expect(abs(amount.after - 0.96875) < 1e-9, "\(amount.after)")
    let causes = try WaterfallMeasure(models).causes()
    #expect(abs(causes.reduce(0) { $0 + $1.loss.value } - amount.final) < 1e-9)
    #expect(try models.probedExamples() != nil)
  }

  @Test func numbersDoNotAgreeAndAreRefused() throws {
    #expect(throws: EvaluationError.cannotAgree(kind: "regression")) { try models("numbers") }
  }
}
