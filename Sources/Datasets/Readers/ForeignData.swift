import Files
import Foundation

/// Data in a form that is not read, recognized by what is there or by the name, with the Python that brings them.
struct ForeignData: Equatable {
  /// `a Parquet file`.
  let words: String
  /// A line of Python that writes what is read.
  let python: String

  /// What is at a path; nil where it is none of these.
  init?(at path: String) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
    let made = Self.withoutExtension(path)
    guard let form = isFolder.boolValue ? Self.form(ofFolder: path) : Self.form(ofFile: path) else { return nil }
    switch form {
    case .numpy:
      words = "a NumPy archive"
      python =
        "import h5py, numpy; z, f = numpy.load(\(quoted(path))), h5py.File(\(quoted(made + ".h5")), 'w'); "
        + "f['train/inputs/input'], f['train/labels'] = z['x_train'], z['y_train']; "
        + "f['test/inputs/input'], f['test/labels'] = z['x_test'], z['y_test']; f.close() "
        + "(by the names that yours has; images are [examples, channels, rows, columns])"
    case .parquet, .feather:
      words = form == .parquet ? "a Parquet file" : "an Arrow file"
      python =
        "import pandas; t = pandas.read_\(form == .parquet ? "parquet" : "feather")(\(quoted(path))); t.to_csv(\(quoted(made + ".csv")), index=False), "
        + "or of texts t.to_json(\(quoted(made + ".jsonl")), orient='records', lines=True)"
    case .arrow:
      words = "an Arrow stream"
      python =
        "import datasets; t = datasets.Dataset.from_file(\(quoted(path))); t.to_csv(\(quoted(made + ".csv"))), "
        + "or of texts t.to_json(\(quoted(made + ".jsonl")))"
    case .savedImages(let isDivided):
      words = "a saved dataset of Hugging Face"
      let place = isDivided ? "\(made)-images/{s}" : "\(made)-images"
      python =
        "import os, datasets; d = \(Self.loaded(path, isDivided)); "
        + "[(os.makedirs(p := f\"\(place)/{d[s].features['label'].int2str(e['label'])}\", exist_ok=True), "
        + "e['image'].convert('RGB').save(f'{p}/{i}.png')) for s in d for i, e in enumerate(d[s])]"
    case .saved(let isDivided):
      words = "a saved dataset of Hugging Face"
      python =
        "import datasets; d = \(Self.loaded(path, isDivided)); [d[s].to_csv(f'\(made)-csv/{s}.csv') for s in d], "
        + "or of texts [d[s].to_json(f'\(made)-{s}.jsonl') for s in d]"
    case .tar:
      words = "a tar archive"
      python =
        "of a WebDataset of images, import os, webdataset; "
        + "[(os.makedirs(p := f\"\(made)-images/{e['cls']}\", exist_ok=True), e['jpg'].save(f'{p}/{i}.png')) "
        + "for i, e in enumerate(webdataset.WebDataset(\(quoted(path))).decode('pil'))]; any other is unpacked with tar"
    }
  }

  /// What to do where a name that leads nowhere is one of Hugging Face's hub; nil where it looks like none.
  static func advice(onHubName name: String) -> String? {
    let prefixes = ["hf://datasets/", "hf://", "hf:"]
    guard let hub = HubName(name, prefixes: prefixes, extensionLength: 1...4) else { return nil }
    return "nothing is downloaded; of Hugging Face's hub Python brings it: import datasets; "
      + "datasets.load_dataset(\(quoted(hub.name))).save_to_disk(\(quoted(hub.lastPart)))"
  }

  private static func loaded(_ path: String, _ isDivided: Bool) -> String {
    let loaded = "datasets.load_from_disk(\(quoted(path)))"
    return isDivided ? loaded : "{'all': \(loaded)}"
  }

  private enum Form: Equatable {
    case numpy, parquet, feather, arrow, tar
    /// With or without a division into training and test examples.
    case saved(isDivided: Bool)
    case savedImages(isDivided: Bool)
  }

  private static func form(ofFile path: String) -> Form? {
    let head = FileHandle(forReadingAtPath: path).flatMap { try? $0.read(upToCount: 512) } ?? Data()
    func begins(_ text: String) -> Bool { head.starts(with: text.utf8) }
    if begins("PAR1") { return .parquet }
    if begins("ARROW1") { return .feather }
    if head.count > 262, head[257..<262].elementsEqual("ustar".utf8) { return .tar }
    return switch URL(fileURLWithPath: path).pathExtension {
    case "npz" where begins("PK"), "npy": .numpy
    case "arrow" where head.starts(with: [0xFF, 0xFF, 0xFF, 0xFF]): .arrow
    default: nil
    }
  }

  private static func form(ofFolder path: String) -> Form? {
    func text(_ name: String) -> String? { try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
    let isDivided = text("dataset_dict.json") != nil
    guard isDivided || text("state.json") != nil else { return nil }
    let parts = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let descriptions = (["."] + parts.sorted()).compactMap { text("\($0)/dataset_info.json") }
    return descriptions.contains { $0.contains("\"Image\"") }
      ? .savedImages(isDivided: isDivided) : .saved(isDivided: isDivided)
  }

  private static func withoutExtension(_ path: String) -> String {
    let url = URL(fileURLWithPath: path)
    return url.pathExtension.isEmpty ? url.lastPathComponent : url.deletingPathExtension().lastPathComponent
  }
}

private func quoted(_ text: String) -> String {
  "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
}
