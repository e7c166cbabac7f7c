import Foundation
import HDF5
import TestSupport
import Testing

@testable import Checkpoints

/// LoRA adapters that PEFT stored, beside what PEFT merged: see Fixtures/weights/adapters/make_adapters.py.
@Suite struct LowRankAdapterTests {
  private func fixture(_ name: String) -> String { Repository.fixture("weights/adapters/\(name)") }

  private func expectMerged(_ name: String, prefix: String = "") throws {
    let base = try WeightsFile(contentsOf: fixture("base.safetensors")).tensors
    let named = Dictionary(uniqueKeysWithValues: base.map { (prefix + $0, $1) })
    let changed = try LowRankAdapter(contentsOf: fixture(name)).merged(into: named)
    let expected = try WeightsFile(contentsOf: fixture("\(name)/merged.safetensors")).tensors
    #expect(!changed.isEmpty)
    for (tensor, wanted) in expected {
      let found = try #require(changed[prefix + tensor] ?? named[prefix + tensor], "\(tensor)")
      let pairs = zip(found.array(of: Float.self), wanted.array(of: Float.self))
      #expect(found.shape == wanted.shape && pairs.allSatisfy { abs($0 - $1) <= 1e-6 }, "\(name): \(tensor)")
      if changed[prefix + tensor] != nil { #expect(!found.isIdentical(to: base[tensor] ?? found), "\(tensor)") }
    }
  }

  @Test(arguments: ["plain", "turned", "stabilized", "patterns", "with_head", "dora"])
  func mergesAsPEFTDoes(name: String) throws { try expectMerged(name) }

  @Test func theModelsNamesMayHaveAPrefix() throws { try expectMerged("with_head", prefix: "model.") }

  @Test func ranksAndScalesAreThoseOfEachLayer() throws {
    let changes = try LowRankAdapter(contentsOf: fixture("patterns")).changes
    #expect(changes.map(\.tensor) == ["conv.weight", "hidden.weight"])
    #expect(changes.map(\.rank) == [3, 2] && changes.map(\.scale) == [1, 3.5])
  }

  @Test func whatIsNotReadIsRefused() throws {
    let folder = try TemporaryFolder()
    func refusal(_ old: String, _ new: String) throws -> String {
      let text = try String(contentsOfFile: fixture("plain/adapter_config.json"), encoding: .utf8)
      #expect(text.contains(old))
      try text.replacing(old, with: new).write(
        toFile: folder.file("adapter_config.json"), atomically: true, encoding: .utf8)
      let error = #expect(throws: CheckpointError.self) { try LowRankAdapter(contentsOf: folder.path) }
      return "\(try #require(error))"
    }
    #expect(try refusal("\"LORA\"", "\"IA3\"").hasSuffix("an adapter of the kind IA3; LORA is read"))
    #expect(
      try refusal("\"lora_bias\": false", "\"lora_bias\": true").hasSuffix(
        "lora_bias is set; such adapters are not read"))
    #expect(
      try refusal("\"alpha_pattern\": {}", "\"alpha_pattern\": {\".*q\": 2}").hasSuffix(
        "its alpha_pattern has the expression '.*q'; names of layers are read"))
    #expect(try refusal("\"r\": 2", "\"r\": 2").hasSuffix("an adapter without adapter_model.safetensors"))
    let other = try LowRankAdapter(contentsOf: fixture("plain"))
    let error = #expect(throws: CheckpointError.self) { try other.merged(into: [:]) }
    #expect("\(try #require(error))".hasSuffix("it changes conv.weight, which the model does not have"))
  }
}
