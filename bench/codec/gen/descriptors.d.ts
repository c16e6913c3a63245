export declare const benchDescriptors: string;
export declare const suiteDescriptors: string;
