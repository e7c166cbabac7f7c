import Checkpoints
import Datasets
import Testing

@testable import Training

/// `tokensPerBatch`: how many examples a batch has.
@Suite struct TokensPerBatchTests {
  private func words(_ count: Int, length: Int) -> Split {
    Split(
      inputs: [
        InputArray(
          name: "attention_mask", rows: TensorView([Int32](repeating: 1, count: count * 3), shape: [count, 3])),
        InputArray(
          name: "input_ids", rows: TensorView([Int64](repeating: 1, count: count * length), shape: [count, length])),
      ], labels: [Int32](repeating: 0, count: count))
  }

  private func options(_ tokens: Int?) -> TrainingOptions {
    var options = TrainingOptions()
    options.tokensPerBatch = tokens
    return options
  }

  /// 100 / 12 = 8.33.
  @Test(arguments: [(100, 8), (96, 8), (95, 7), (12, 1)])
  func aBatchHasAsManyExamplesAsDoNotPassTheTokens(tokens: Int, count: Int) throws {
    let settled = try options(tokens).settled(on: words(20, length: 12))
    #expect(settled.batchSize == count)
    #expect(settled.tokensPerBatch == tokens)
    // What a run stores is settled again where it goes on.
    #expect(try settled.settled(on: words(20, length: 12)) == settled)
    #expect(TrainingOptions(json: try settled.json) == settled)
  }

  @Test func withoutTokensTheSizeIsTheOneThatIsGiven() throws {
    let images = Split(
      inputs: [InputArray(rows: TensorView([Float](repeating: 0, count: 8), shape: [2, 4]))], labels: [0, 1])
    #expect(try options(nil).settled(on: images) == options(nil))
  }

  @Test func fewerTokensThanAnExampleHasAreRefused() throws {
    #expect(
      throws: TrainingError.invalidOption(
        .tokensPerBatch, allowed: "at least 12, the tokens of an example", found: "11")
    ) { try options(11).settled(on: words(20, length: 12)) }
    #expect(throws: TrainingError.invalidOption(.tokensPerBatch, allowed: "at least 1", found: "0")) {
      try options(0).validate()
    }
  }

  @Test func inputsThatAreNoTokensAreRefused() throws {
    let numbers = Split(
      inputs: [InputArray(rows: TensorView([Float](repeating: 0, count: 8), shape: [2, 4]))], labels: [0, 1])
    #expect(
      throws: TrainingError.invalidOption(
        .tokensPerBatch, allowed: "left out where inputs are no sequences of tokens",
        found: "input 'input' of float32, shape [4]")
    ) { try options(100).settled(on: numbers) }
    let pixels = Split(
      inputs: [InputArray(rows: TensorView([UInt8](repeating: 0, count: 8), shape: [2, 4]))], labels: [0, 1])
    #expect(throws: TrainingError.self) { try options(100).settled(on: pixels) }
  }
}
