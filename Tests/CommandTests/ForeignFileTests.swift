import Foundation
import TestSupport
import Testing

/// PyTorch's, Keras' and Hugging Face's files through the command, there and back.
@Suite(.serialized) struct ForeignFileTests {
  private func fixture(_ name: String) -> String { Repository.fixture("weights/\(name)") }

  private func total(_ command: Command) throws -> Double? {
    let json = try #require(try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any])
    return (json["total"] as? [String: Double])?["l2"]
  }

  /// GPT-2 with an embedding of 257 × 32 that is its head too, 64 × 32 places, and two blocks of 12 · 32² + 13 · 32:
  /// 8,224 + 2,048 + 2 · 12,704 + 64 = 35,744.
  @Test func aTiedTensorIsCountedOnceAndManyClassesAreFolded() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    let imported = try Command("import", Repository.fixture("texts/gpt2.pt2"), "-o", base)
    #expect(imported.output.contains(" · 35,744 parameters"), "\(imported.output)")
    let short = try Command("inspect", base).output
    #expect(short.contains(" · 35,744 parameters · "))
    #expect(short.contains("\none tensor, counted once: model.transformer.wte.weight, model.lm_head.weight\n"))
    let some = (0..<8).map { "class \($0)" }.joined(separator: ", ")
    #expect(short.contains(": 257 classes, \(some) and 249 more: --all shows every one\n"))
    #expect(!short.contains("class 255"))
    #expect(try Command("inspect", base, "--all").output.contains("class 254, class 255, class 256\n"))
    let json = try Command("inspect", base, "--json").output
    #expect(json.contains(#""parameterCount":35744"#))
    #expect(json.contains(#""shared":[["model.transformer.wte.weight","model.lm_head.weight"]]"#))
  }

  @Test(arguments: [
    ("zip.pth", "legacy.pth"), ("script.pth", "gpu-legacy.pth"), ("whole.safetensors", "model.safetensors.index.json"),
    ("plain.h5", "gpu.pth"), ("keras3.weights.h5", "keras-legacy.h5"),
  ])
  func anyTwoFilesAreInspectedVerifiedAndCompared(before: String, after: String) throws {
    for name in [before, after] {
      #expect(try Command("inspect", fixture(name)).status == 0)
      #expect(try Command("verify", fixture(name)).status == 0)
    }
    let drift = try Command("drift", fixture(before), fixture(after), "--json")
    #expect(drift.status == 0, "\(drift.errors)")
    #expect(try total(drift) == 0)
  }

  @Test(.enabled(if: Python.path != nil)) func anExportLoadsStrictlyInPyTorch() throws {
    let folder = try TemporaryFolder()
    let base = folder.file("base.h5")
    #expect(try Command("new", "resnet18", "--form", "cifar", "--input", "3x32x32", "-o", base).status == 0)
    let whole = folder.file("model.safetensors")
    let exported = try Command("export", base, "-o", whole)
    #expect(exported.status == 0, "\(exported.errors)")
    #expect(try total(Command("drift", base, whole, "--json")) == 0)
    let plain = folder.file("model.h5")
    #expect(try Command("export", base, "-o", plain, "--head-name", "classifier").status == 0)
    let program = try Repository.unpacked("programs/resnet.pt2.gz", in: folder)
    let imported = folder.file("imported.h5")
    #expect(try Command("import", program, "-o", imported).status == 0)
    let back = folder.file("back.h5")
    #expect(try Command("export", imported, "-o", back).status == 0)
    // The module that torch.export gives back has the original's names, and a strict loading.
    let script = """
      import sys, h5py, torch
      program, back, plain = sys.argv[1:]
      module = torch.export.load(program).module()
      names = [n for n in module.state_dict() if not n.endswith("lifted")]
      state = {n: torch.from_numpy(d[()]) if d.shape else torch.tensor(d[()]) for n, d in h5py.File(back).items()}
      print(module.load_state_dict(state, strict=True))
      with h5py.File(plain) as file:
          assert "classifier.weight" in file and "fc.weight" not in file
          print(file["classifier.weight"].shape)
      """
    let output = try Python.run(script, program, back, plain)
    #expect(output.contains("<All keys matched successfully>"))
    #expect(output.contains("(10, 512)"))
  }

  @Test func weightsWithoutAModelSayWhatToType() throws {
    let folder = try TemporaryFolder()
    let command = try Command("import", fixture("zip.pth"), "-o", folder.file("base.h5"))
    #expect(command.status == 64)
    #expect(command.errors.contains("lethe import MODEL --weights"))
  }

  @Test func damageInAnArchiveIsFound() throws {
    let folder = try TemporaryFolder()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: fixture("gpu.pth")))
    // The first storage follows its name and padding, whose length stands before the name.
    let name = try #require(bytes.range(of: Data("gpu/data/0".utf8)))
    let padding = Int(bytes[name.lowerBound - 2]) + Int(bytes[name.lowerBound - 1]) << 8
    bytes[name.upperBound + padding] ^= 1
    try bytes.write(to: URL(fileURLWithPath: folder.file("damaged.pth")))
    let command = try Command("verify", folder.file("damaged.pth"))
    #expect(command.status == 65)
    #expect(command.errors.contains("data/0: its bytes have changed"), "\(command.errors)")
  }

  @Test func aFolderOfShardsIsVerifiedWhole() throws {
    let command = try Command("verify", Repository.fixture("weights"))
    #expect(command.status == 0 && command.output.contains("sound; it has no checksums"), "\(command.errors)")
  }

  @Test func whatIsRefusedIsRefusedInOneLine() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("out.safetensors")
    let base = folder.file("base.h5")
    #expect(try Command("new", "mlp", "-o", base).status == 0)
    let cases: [(arguments: [String], status: Int32, words: String)] = [
      (["drift", fixture("hostile.pth"), fixture("zip.pth")], 65, "none of its tensors"),
      (["inspect", fixture("others/pair.pth")], 65, "'generator', 'critic'; --state says which"),
      (["inspect", fixture("others/within.onnx"), "--state", "ema"], 65, "ONNX model, which has no entries"),
      (["import", Repository.fixture("heads/features_first.pt2"), "-o", "new.h5"], 65, "--task-output of import"),
      (["drift", fixture("plain.h5"), fixture("keras3.weights.h5")], 65, "none of its tensors"),
      (["export", base, "-o", folder.file("out.onnx")], 64, ".safetensors, .pth, .pt2, .h5 or .keras"),
      (["export", base, "-o", output, "--max-shard-size", "5G"], 64, "(KB, MB, GB, TB), found '5G'"),
      (["export", base, "-o", output, "--max-shard-size", "0KB"], 64, "--max-shard-size: expected a size"),
      (["export", base, "-o", folder.file("o.pth"), "--max-shard-size", "1KB"], 64, "ends in .safetensors, found"),
      (["export", base, "-o", folder.file("o.keras")], 64, "whose layers --like must give"),
      (["export", base, "-o", folder.file("out.weights.h5")], 64, "whose layers --like must give"),
      (
        ["export", base, "-o", output, "--like", base], 64,
        "--like goes with a name that ends in .weights.h5, .keras, .h5 or .pt2"
      ),
      (["export", base, "-o", folder.file("o.weights.h5"), "--like", base], 65, "expected a .weights.h5 or .keras"),
      (["export", base, "-o", folder.file("o.pt2")], 64, "which --like must give: the .pt2 of the model"),
      (["export", base, "-o", folder.file("o.pt2"), "--like", Repository.fixture("heads/named.pt2")], 65, "no tensor"),
      (["export", base, "-o", output, "--head", "nobody"], 65, "no head for 'nobody'"),
      (["export", fixture("zip.pth"), "-o", output], 65, "not an HDF5 file"),
      (["export", base, "-o", base], 73, "it exists"),
      (["verify", folder.path], 65, "neither model.safetensors"),
    ]
    for (arguments, status, words) in cases {
      let command = try Command(array: arguments)
      #expect(command.status == status, "\(arguments): \(command.errors)")
      let last = try #require(command.errorLines.last { $0.hasPrefix("lethe: ") })
      #expect(last.contains(words), "\(last)")
    }
    #expect(!FileManager.default.fileExists(atPath: output))
  }
}
