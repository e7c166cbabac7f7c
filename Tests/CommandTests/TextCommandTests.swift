import Checkpoints
import Foundation
import TestSupport
import Testing
import Training

/// Text from a file to a fine-tuned language model, as it is typed.
@Suite(.serialized) struct TextCommandTests {
  private func fixture(_ name: String) -> String { Repository.fixture("texts/\(name)") }

  private func converted(_ name: String, in folder: TemporaryFolder, _ options: String...) throws -> Command {
    try Command(
      array: ["data", "convert", fixture("\(name).txt"), "--tokenizer", "bytes", "--length", "64"] + options
        + ["-o", folder.file("\(name).h5")])
  }

  @Test func textIsConvertedAndWrittenBack() throws {
    let folder = try TemporaryFolder()
    let made = try converted("fortunes", in: folder, "--blocks", "--test", "0.2")
    #expect(made.status == 0, "\(made.errors)")
    #expect(made.output == "\(folder.file("fortunes.h5")): 493 training and 132 test examples\n")
    #expect(
      made.errors == """
        \(fixture("fortunes.txt")): 376 documents, told apart by lines of %
        376 documents, 90 tokens left over that fill no block

        """)
    let shown = try Command("data", "show", folder.file("fortunes.h5"), "--examples", "1")
    #expect(shown.status == 0, "\(shown.errors)")
    #expect(
      shown.output.hasSuffix(
        """
        input input_ids: int32 64
        labels: int32 64
        kind of task: causal-lm
        vocabulary: 257 tokens of bytes, 256 ends a document

        example 0: 64 tokens
        You can't run away forever,
        But there's nothing wrong with getti

        """))
    let json = try Command("data", "show", folder.file("fortunes.h5"), "--json", "--examples", "1")
    #expect(json.output.contains(#""classes":[],"labels":{"elementType":"int32","shape":[64]},"taskKind":"causal-lm""#))
    #expect(json.output.contains(#""examples":[{"tokenCount":64,"parts":[{"text":"You can't run away forever,\n"#))
  }

  @Test func promptsAreShownAsGiven() throws {
    let folder = try TemporaryFolder()
    let made = try Command(
      "data", "convert", fixture("reviews.jsonl"), "--tokenizer", "bytes", "--prompt-column", "question",
      "--response-column", "answer", "--length", "40", "--test", "0.3", "-o", folder.file("reviews.h5"))
    #expect(made.status == 0, "\(made.errors)")
    #expect(made.errors == "4 documents, 1 empty left out, 2 cut at 40 tokens\n")
    let shown = try Command("data", "show", folder.file("reviews.h5"), "--examples", "3")
    #expect(
      shown.output.contains(
        "example 0: 40 tokens, what stands in ⟦ ⟧ is given and not learnt\n⟦The soup was cold.⟧I am"))
    #expect(shown.output.contains("input attention_mask: uint8 40\n"))
  }

  @Test(arguments: [
    (["fortunes.txt"], 64, "text needs --tokenizer, a folder with tokenizer.json, or bytes for a token a byte"),
    (["fortunes.txt", "--tokenizer", "bytes", "--length", "1"], 64, "--length must be at least 2, found 1"),
    (
      ["fortunes.txt", "--tokenizer", "bytes", "--test", "1.5"], 64,
      "--test: expected a share from 0 to below 1, or a file"
    ),
    (
      ["fortunes.txt", "--tokenizer", "bytes", "--test", "nowhere"], 66, "nowhere: no such dataset; give a file of text"
    ),
    (
      ["fortunes.txt", "--tokenizer", "bytes", "--prompt-column", "a"], 64,
      "--prompt-column and --response-column go together"
    ),
    (["fortunes.txt", "--tokenizer", "byte-level", "--python", "no-python"], 69, "no-python: cannot be started"),
    (["reviews.jsonl", "--tokenizer", "bytes"], 65, "line 1: no 'text'; it has answer, question"),
  ])
  func whatCannotBeConvertedIsOneLine(arguments: [String], status: Int, line: String) throws {
    let folder = try TemporaryFolder()
    var words = arguments
    words[0] = fixture(words[0])
    if let place = words.firstIndex(of: "byte-level") { words[place] = fixture("byte-level") }
    let made = try Command(array: ["data", "convert"] + words + ["-o", folder.file("data.h5")])
    #expect(made.status == Int32(status), "\(made.errors)")
    #expect(made.errors.contains(line), "\(made.errors)")
    #expect(made.errors.split(separator: "\n").last?.hasPrefix("lethe: ") == true)
    #expect(try folder.names.isEmpty)
  }

  /// What PyTorch's log-probabilities come to, by the bytes of what is to be said.
  @Test(.enabled(if: Python.path != nil)) func bitsAByteAreThoseOfNumPy() throws {
    let folder = try TemporaryFolder()
    for options in [["--blocks"], []] {
      let data = folder.file("fortunes.h5")
      try? FileManager.default.removeItem(atPath: data)
      let made = try Command(
        array: ["data", "convert", fixture("fortunes.txt"), "--tokenizer", "bytes", "--length", "64"] + options + [
          "-o", data,
        ])
      #expect(made.status == 0, "\(made.errors)")
      let base = folder.file("base.h5")
      if !FileManager.default.fileExists(atPath: base) {
        #expect(try Command("import", fixture("gpt2.pt2"), "-o", base).status == 0)
      }
      let judged = try Command("evaluate", base, "--data", data, "--json")
      #expect(judged.status == 0, "\(judged.errors)")
      let finding = try #require(
        try JSONSerialization.jsonObject(with: Data(judged.output.utf8)) as? [String: Any])
      let further = try #require(finding["further"] as? [[String: Any]])
      let found = try #require(
        further.first { ($0["score"] as? [String: Any])?["name"] as? String == "bits_per_byte" }?["value"] as? Double)
      let expected = try Python.run(
        """
        import sys, h5py, numpy as np, torch
        model = torch.export.load(sys.argv[1]).module()
        with h5py.File(sys.argv[2]) as f:
            tokens = f["test/inputs/input_ids"][()].astype(np.int64)
            labels = f["test/labels"][()]
        with torch.no_grad():
            logits = model(torch.tensor(tokens)).double().numpy()[:, :-1]
        logits -= logits.max(-1, keepdims=True)
        bits = (np.log(np.exp(logits).sum(-1, keepdims=True)) - logits) / np.log(2)
        said = labels[:, 1:]
        rows, places = np.nonzero(said != -100)
        total = bits[rows, places, said[rows, places]].sum()
        print(total / (said[rows, places] < 256).sum())
        """, fixture("gpt2.pt2"), data)
      #expect(abs(found - (Double(expected.split(separator: "\n").last ?? "") ?? .nan)) < 1e-5, "\(found), \(expected)")
    }
  }

  /// 200 / 64: three examples a batch.
  @Test func tokensABatchSayHowManyExamplesItHas() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    #expect(try Command("import", fixture("gpt2.pt2"), "-o", base).status == 0)
    #expect(try converted("python", in: folder, "--blocks").status == 0)
    func train(_ path: String, _ options: String...) throws -> Command {
      try Command(
        array: [
          "train", base, "--data", folder.file("python.h5"), "--epochs", "1", "--examples", "31", "--threads", "1",
        ]
          + options + ["-o", folder.file(path)])
    }
    let tokens = try train("tokens", "--tokens-per-batch", "200", "--accumulate", "2")
    #expect(tokens.status == 0, "\(tokens.errors)")
    #expect(try train("examples", "--batch-size", "3", "--accumulate", "2").status == 0)
    func stored(_ path: String) throws -> TrainingOptions {
      try #require(try Run.open(folder.file(path)).record.trainingOptions)
    }
    #expect(try stored("tokens").batchSize == 3)
    #expect(try stored("tokens").tokensPerBatch == 200)
    func weights(_ path: String, _ epoch: Int) throws -> String {
      try Checkpoint(contentsOf: Run.open(folder.file(path)).checkpointPath(epoch: epoch)).fingerprint
    }
    #expect(try weights("tokens", 1) == weights("examples", 1))
    for path in ["tokens", "examples"] {
      let resumed = try Command("train", "--resume", folder.file(path), "--epochs", "2", "--threads", "1")
      #expect(resumed.status == 0, "\(resumed.errors)")
    }
    #expect(try weights("tokens", 2) == weights("examples", 2))
    let printed = try train("none", "--tokens-per-batch", "200", "--print-config").output
    #expect(printed.contains("tokens-per-batch: 200") && !printed.contains("batch-size"))
    #expect(try train("none", "--print-config").output.contains("\nbatch-size: 64\n"))

    func refusal(_ options: String...) throws -> String {
      let refused = try Command(
        array: ["train", base, "--data", folder.file("python.h5")] + options + ["-o", folder.file("none")])
      #expect(refused.status == 64, "\(options)")
      return refused.errors
    }
    #expect(
      try refusal("--tokens-per-batch", "63").contains(
        "--tokens-per-batch must be at least 64, the tokens of an example, found 63"))
    #expect(
      try refusal("--tokens-per-batch", "200", "--batch-size", "64").contains(
        "--tokens-per-batch says how many examples a batch has; --batch-size contradicts it"))
  }

  @Test func aRunKeepsBitsAByte() throws {
    let folder = try TemporaryFolder()
    #expect(try Command("import", fixture("gpt2.pt2"), "-o", folder.file("base.h5")).status == 0)
    #expect(try converted("python", in: folder, "--blocks").status == 0)
    #expect(try converted("fortunes", in: folder, "--blocks").status == 0)
    let tuned = try Command(
      "finetune", folder.file("base.h5"), "--source", folder.file("fortunes.h5"), "--target", folder.file("python.h5"),
      "--epochs", "1", "--examples", "32", "--lr", "0.1", "--lora", "rank=2", "--freeze", "model.lm_head", "--threads",
      "1",
      "-o", folder.file("run"))
    #expect(tuned.status == 0, "\(tuned.errors)")
    #expect(tuned.output.contains("bits a byte 8."), "\(tuned.output)")
    // What is written is read again, merged and compared with the run's weights.
    let adapter = try Command("export", folder.file("run"), "--adapter", "-o", folder.file("adapter"))
    #expect(adapter.status == 0, "\(adapter.errors)")
    let configuration = try String(contentsOfFile: folder.file("adapter/adapter_config.json"), encoding: .utf8)
    #expect(configuration.contains("\"fan_in_fan_out\" : true"))
    let resumed = try Command("finetune", "--resume", folder.file("run"), "--epochs", "2", "--json", "--threads", "1")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.output.contains("bits_per_byte"))
  }
}
