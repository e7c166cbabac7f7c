/// Data that the command carries, for a first run without any at hand.
public enum DemoData {
  /// An HDF5 file of 1,797 handwritten digits of 8 × 8 pixels, 1,300 to train and 497 to test.
  ///
  /// E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, CC BY 4.0, as
  /// scikit-learn carries them; made by `make_digits.py`.
  public static var digits: [UInt8] { PackageResources.digits_h5 }
}
